using System.CommandLine;
using DistZO.Cli.Planning;
using DistZO.Devices;
using DistZO.Runs;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo plan</c>: where a model's weights would be and how long a step would take, before there is a machine for it.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var command = new Command("plan", "predict memory, step time and bottleneck of a model on some devices, from shapes and rates alone");
        var model = new Argument<string?>("MODEL")
        {
            Description = "a directory, a config.json, or a shape such as opt-175b or llama3-70b",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var measure = new Option<bool>("--measure")
        {
            Description = "measure this machine's CPU and disk, and plan for it; without a model only measure",
        };
        var folder = new Option<string>("--disk-directory")
        {
            Description = "measure: a folder on the disk to measure",
            DefaultValueFactory = _ => Path.GetTempPath(),
            HelpName = "DIR",
        };
        var threads = new Option<int>("--threads")
        {
            Description = "measure: threads to compute on",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        var json = new Option<bool>("--json") { Description = "print one line of JSON" };
        command.Arguments.Add(model);
        var options = new PlanOptions(command);
        foreach (Option option in (Option[])[measure, folder, threads, json]) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(threads) is < 1 or > 4096) throw new BadInputException($"--threads: {parsed.GetValue(threads)} is not between 1 and 4096");
            foreach (var option in (Option[])[folder, threads])
            {
                if (!parsed.GetValue(measure) && parsed.GetResult(option) is { Implicit: false })
                    throw new BadInputException($"{option.Name} says what to measure; give --measure too, or leave it away");
            }

            if (!Directory.Exists(parsed.GetValue(folder)))
                throw new BadInputException($"--disk-directory: there is no directory '{parsed.GetValue(folder)}'; name one on the disk to measure");
            DeviceProfile Measure(int rows) => Calibration.Measure(parsed.GetValue(threads), rows, parsed.GetValue(folder)!);
            if (parsed.GetValue(model) is not { } name)
            {
                if (!parsed.GetValue(measure))
                    throw new BadInputException("no MODEL is given; name a directory, a config.json or a shape, or --measure this machine");
                var device = Measure(int.MaxValue);
                output.WriteLine(parsed.GetValue(json) ? MetricsLine.Write(writer => PlanJson.Rates(writer, device)) : PlanText.Describe(device));
                return ExitCodes.Done;
            }

            var request = options.Request(parsed, name, parsed.GetValue(measure) ? Measure : null);
            var plans = Planner.Compare(request);
            if (parsed.GetValue(json)) output.WriteLine(PlanJson.Write(name, request, plans));
            else foreach (var line in PlanText.Lines(name, request, plans)) output.WriteLine(line);
            return ExitCodes.Done;
        });
        return command;
    }
}
