using System.CommandLine;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo tasks</c>: the built-in tasks and the fields that their rows have.</summary>
internal static class TasksCommand
{
    private static readonly BuiltInTask[] Tasks = [.. Enum.GetValues<TaskName>().Select(BuiltInTask.Of)];

    public static Command Create()
    {
        var command = new Command("tasks", "list the built-in tasks and the fields of their rows");
        var json = new Option<bool>("--json") { Description = "print one line of JSON a task" };
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                foreach (var task in Tasks) output.WriteLine(Json(task));
                return ExitCodes.Done;
            }

            output.WriteLine($"{"task",-9}{"learns",-9}{"measures",-11}fields of a row");
            foreach (var task in Tasks) output.WriteLine($"{task.Word,-9}{Learns(task),-9}{Measures(task),-11}{task.Fields}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static string Learns(BuiltInTask task) => task.LearnsAnswers ? "answer" : "choice";

    private static string Measures(BuiltInTask task) => BestStep.MetricName(Recipe.Default.With(RecipeKeys.Task, task.Name));

    private static string Json(BuiltInTask task) => MetricsLine.Write(json =>
    {
        json.WriteString("task", task.Word);
        json.WriteString("learns", Learns(task));
        json.WriteString("measures", Measures(task));
        json.WriteStartArray("fields");
        foreach (var field in task.Fields.Split(", ")) json.WriteStringValue(field);
        json.WriteEndArray();
    });
}
