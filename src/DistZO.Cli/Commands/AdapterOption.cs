using System.CommandLine;

namespace DistZO.Cli.Commands;

/// <summary>The flag <c>--adapter</c> of commands that run a model.</summary>
internal static class AdapterOption
{
    public static Option<string?> Add(Command command)
    {
        var option = new Option<string?>("--adapter")
        {
            Description = "an adapter over the model, in PEFT's layout: LoRA, prefix or prompt, such as OUT/adapter of a run",
            HelpName = "DIR",
        };
        command.Options.Add(option);
        return option;
    }
}
