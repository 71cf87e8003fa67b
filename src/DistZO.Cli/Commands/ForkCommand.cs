using System.CommandLine;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo fork</c>: a new run that begins with another one's first steps and goes on by another recipe.</summary>
internal static class ForkCommand
{
    public static Command Create()
    {
        var command = new Command("fork", "go on from a step of another run with a changed recipe");
        var ledger = new LedgerArgument(command);
        var step = new Option<int>("--step") { Description = "how many of its steps are kept", HelpName = "K", Required = true };
        command.Options.Add(step);
        var recipeOptions = new RecipeOptions(command, RecipeKeys.All, hasFile: true);
        var train = new TrainOptions(command);
        command.SetAction(parsed =>
        {
            var (parent, _) = ledger.Read(parsed);
            // Everything is as in the parent unless said otherwise, except where the output goes.
            var recipe = recipeOptions.Over(parent.Header.Recipe.With(RecipeKeys.Output, null), parsed);
            RunFork.RequireKept(parent, recipe);
            return train.Run(recipe, parsed, (inputs, directory) => RunFork.Create(parent, parsed.GetValue(step), inputs, directory));
        });
        return command;
    }
}
