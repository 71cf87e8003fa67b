using System.Globalization;

namespace DistZO.Cli.Tests.Telemetry;

/// <summary>What a run of three processes exports.</summary>
[Collection(LiveRunCollection.Name)]
public sealed class LiveRunTests(LiveRun run)
{
    [Fact]
    public void Steps_OfTheRun_AreTracesWithTheirPhasesInOrder()
    {
        var steps = run.Spans.Where(span => span.Name == "step").ToList();
        Assert.Equal(Enumerable.Range(1, LiveRun.Steps), steps.Select(step => int.Parse(step.Tags["distzo.step"], CultureInfo.InvariantCulture)));
        Assert.Single(steps.Select(step => step.Tags["distzo.run"]).Distinct());
        foreach (var step in steps)
        {
            Assert.Equal(("", "DistZO.Coordinator", "false"), (step.Parent, step.Scope, step.Tags["distzo.skipped"]));
            var phases = run.Spans.Where(span => span.Parent == step.Id && span.Scope == step.Scope).OrderBy(span => span.Begin).ToList();
            Assert.Equal(["assign", "probe", "report", "commit"], phases.Select(phase => phase.Name));
            Assert.All(phases, phase => Assert.Equal(step.Trace, phase.Trace));
            Assert.All(phases, phase => Assert.True(step.Begin <= phase.Begin && phase.Begin <= phase.End && phase.End <= step.End));
        }
    }

    [Fact]
    public void Shares_OfBothWorkers_AreUnderTheCoordinatorsStep()
    {
        var steps = run.Spans.Where(span => span.Name == "step").ToDictionary(span => span.Id);
        var shares = run.Spans.Where(span => span.Name == "share").ToList();
        Assert.Equal(["disk", "memory"], shares.Select(share => share.Tags["distzo.worker.name"]).Distinct().Order());
        Assert.All(shares, share => Assert.Equal("distzo-worker", share.Resource["service.name"]));
        foreach (var share in shares)
        {
            var step = steps[share.Parent];
            Assert.Equal((step.Trace, step.Tags["distzo.step"]), (share.Trace, share.Tags["distzo.step"]));
        }

        var evaluations = run.Spans.Where(span => span.Name == "evaluation").ToDictionary(span => span.Id);
        Assert.Equal(["0", "40", "80", "120"], evaluations.Values.Select(one => one.Tags["distzo.step"]));
        Assert.All(run.Spans.Where(span => span.Name == "evaluate"), rows => Assert.Equal(evaluations[rows.Parent].Trace, rows.Trace));
    }

    [Fact]
    public void Tracks_OfAShare_AreUnderIt()
    {
        var work = run.Spans.Where(span => span.Name is "share" or "evaluate").ToDictionary(span => span.Id);
        var tracks = run.Spans.Where(span => span.Scope == "DistZO.Worker" && !work.ContainsKey(span.Id)).ToList();
        Assert.All(tracks, track => Assert.Equal(work[track.Parent].Trace, track.Trace));
        Assert.Equal(["compute", "keep", "upload", "write-back"], Of("disk"));
        Assert.Equal(["compute"], Of("memory"));
        Assert.All(tracks.Where(track => track.Name == "upload"), upload => Assert.True(long.Parse(upload.Tags["distzo.bytes"], CultureInfo.InvariantCulture) > 0));
        // What is not a track, not a phase and not work is nothing that anybody knows.
        Assert.Equal(
            ["assign", "commit", "compute", "evaluate", "evaluation", "keep", "probe", "report", "share", "step", "upload", "write-back"],
            run.Spans.Select(span => span.Name).Distinct().Order(StringComparer.Ordinal));

        IEnumerable<string> Of(string worker) => tracks.Where(track => track.Resource["distzo.worker.name"] == worker).Select(track => track.Name).Distinct().Order();
    }

    [Fact]
    public void Resources_OfTheProcesses_SayWhoTheyAre()
    {
        var resources = run.Spans.Select(span => span.Resource).Concat(run.Metrics.Select(metric => metric.Resource)).ToList();
        Assert.All(resources, resource =>
        {
            Assert.Equal("test", resource["deployment.environment.name"]);
            Assert.Matches(@"^\d+\.\d+\.\d+$", resource["service.version"]);
            Assert.Equal("dotnet", resource["telemetry.sdk.language"]);
        });
        Assert.Equal(
            [("distzo-coordinator", null), ("distzo-worker", "disk"), ("distzo-worker", "memory")],
            resources.Select(resource => (resource["service.name"], resource.GetValueOrDefault("distzo.worker.name"))).Distinct().Order());
        Assert.Equal(3, resources.Select(resource => resource["service.instance.id"]).Distinct().Count());
    }

    [Fact]
    public void Metrics_ThatAreExported_AreThoseOfThePage()
    {
        var exported = run.Metrics.Where(metric => metric.Scope == "DistZO.Coordinator").ToList();
        Assert.Equal(
            LiveMetrics.OfThePage(run.Page),
            exported.Select(LiveMetrics.InPrometheus).ToHashSet(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.All(exported, metric => Assert.DoesNotContain("total", metric.Name, StringComparison.Ordinal));
        Assert.Contains($"distzo_steps_total {LiveRun.Steps}\n", run.Last, StringComparison.Ordinal);
        Assert.Contains($"distzo_step_duration_seconds_count {LiveRun.Steps}\n", run.Last, StringComparison.Ordinal);
    }

    [Fact]
    public void Processes_WhoseEndpointIsThere_SayNothingOfIt() => Assert.All(run.Said, said => Assert.DoesNotContain("takes ", said, StringComparison.Ordinal));
}
