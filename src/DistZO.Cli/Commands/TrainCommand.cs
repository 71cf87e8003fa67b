using System.CommandLine;
using DistZO.Optimization;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo train</c>: starts a run, or goes on with the one in the output directory.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var command = new Command("train", "fine-tune a model; the same command goes on after a crash");
        var recipeOptions = new RecipeOptions(command, RecipeKeys.All, hasFile: true);
        var train = new TrainOptions(command);
        command.SetAction(parsed => train.Run(recipeOptions.Over(Recipe.Default, parsed), parsed, prepare: null));
        return command;
    }
}
