namespace DistZO.Cli.Tests.Commands;

/// <summary>How many device slots share a step, and how they come by its layers, changes no bit: of the ledger, of the exported model.</summary>
public sealed class SlotTests : IDisposable
{
    private const int Steps = 11;
    private const string Links = """
        {"slots": 2,
         "switches": [{"name": "s", "up": 4e9, "down": 4e9}],
         "host": [{"slot": 0, "up": 3e9, "down": 3e9, "switch": "s"}, {"slot": 1, "up": 1e9, "down": 2e9, "switch": "s"}],
         "fabric": [{"slots": [0, 1], "rate": 8e9}]}
        """;

    private readonly TinyRun _tiny = new(layers: 4);

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData("--slots", "2", "--offload", "host", "--write-back-steps", "1")]
    [InlineData("--slots", "3", "--offload", "host", "--parallelism", "pertp")]
    [InlineData("--slots", "4", "--offload", "shard", "--parallelism", "2d")]
    [InlineData("--slots", "2", "--offload", "disk", "--parallelism", "dp", "--write-back-steps", "2")]
    [InlineData("--slots", "3", "--offload", "none")]
    [InlineData("--slots", "2", "--device-memory", "150kB")]
    public void Train_OnSlots_IsTheSameRun(params string[] more)
    {
        _tiny.Trained("resident", Steps, "--num-directions", "2");
        Distzo.Run(_tiny.Train("slots", Steps, ["--num-directions", "2", .. more])).Done();
        AssertSame();
    }

    [Fact]
    public void Train_OnSlotsOfATopology_IsTheSameRun()
    {
        File.WriteAllText(_tiny["links.json"], Links);
        _tiny.Trained("resident", Steps);
        var outcome = Distzo.Run(_tiny.Train("slots", Steps, "--topology", _tiny["links.json"], "--offload", "host"));
        outcome.Done();
        Assert.Contains("on each of 2 slots", outcome.Error);
        AssertSame();
    }

    [Fact]
    public void Train_StoppedOnSlots_GoesOnOnADifferentNumber()
    {
        _tiny.Trained("resident", Steps);
        _tiny.Trained("slots", 5, "--slots", "3", "--offload", "disk", "--write-back-steps", "3");
        Distzo.Run(_tiny.Train("slots", Steps, "--slots", "2", "--offload", "disk", "--write-back-steps", "1")).Done();
        AssertSame();
    }

    [Fact]
    public void Train_WithSlotsAndATrace_ShowsTheTracksOfEachSlot()
    {
        Distzo.Run(_tiny.Train("slots", 3, "--slots", "2", "--offload", "host", "--write-back-steps", "1", "--trace", _tiny["trace.json"])).Done();
        var trace = File.ReadAllText(_tiny["trace.json"]);
        foreach (var track in new[] { "slot 0 compute", "slot 1 compute", "slot 0 upload", "slot 1 upload", "slot 1 gather", "slot 1 write-back" })
            Assert.Contains(track, trace, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"slots": 0}""", "slots must be an integer from 1 to 64")]
    [InlineData("""{"slots": 2, "hosts": []}""", "hosts is not known; there are slots, switches, host, fabric")]
    [InlineData("""{"slots": 3}""", "slots is 3, and --slots says 2")]
    [InlineData("""{"slots": 2, "fabric": [{"slots": [0, 2], "rate": 1e9}]}""", "fabric[0].slots must be two different slots from 0 to 1")]
    [InlineData("""{"slots": 2, "fabric": [{"slots": [0, 1], "rate": 0}]}""", "fabric[0].rate must be a number of bytes a second above 0")]
    [InlineData("""{"slots": 2, "fabric": []}""", "fabric does not link slots 0 and 1")]
    [InlineData("""{"slots": 2, "fabric": [{"slots": [0, 1], "rate": 1e9}, {"slots": [1, 0], "rate": 1e9}]}""", "fabric[1].slots has 1 and 0 a second time")]
    [InlineData("""{"slots": 2, "host": [{"slot": 0, "up": 1e9, "down": 1e9}]}""", "host has no entry for slot 1")]
    [InlineData("""{"slots": 2, "host": [{"slot": 5, "up": 1e9, "down": 1e9}]}""", "host[0].slot must be an integer from 0 to 1")]
    [InlineData("""{"slots": 2, "host": [{"slot": 0, "up": 1e9, "down": 1e9, "switch": "x"}]}""", "host[0].switch is 'x', which is not in switches")]
    [InlineData("""{"slots": 2, "switches": [{"name": "x", "up": 1e9, "down": -1}]}""", "switches[0].down must be a number of bytes a second above 0")]
    [InlineData("""{"slots": 2, "switches": [{"name": "x", "up": 1e9, "down": 1e9}]}""", "switches has switches that no entry of host names")]
    [InlineData("""{"slots": 2, "host": [{"slot": 0, "up": 25, "down": 1e9}]}""", "host[0].up is 25, and must be from 1e6 to 1e15: rates are bytes per second; did you mean 25e9?")]
    [InlineData("""{"slots": 2, "fabric": [{"slots": [0, 1], "rate": 1e-300}]}""", "fabric[0].rate is 1e-300, and must be from 1e6 to 1e15")]
    [InlineData("""{"slots": 2, "fabric": [{"slots": [0, 1], "rate": 1e300}]}""", "fabric[0].rate is 1e300, and must be from 1e6 to 1e15")]
    [InlineData("{\"slots\": 2,\n \"fabric\": [],\n \"slots\": 3}", "line 3: 'slots' stands in this object a second time")]
    [InlineData("""{"slots": 2,""", "it is not valid JSON at line 1")]
    public void Train_WithATopologyThatContradictsItself_NamesFileAndField(string topology, string problem)
    {
        File.WriteAllText(_tiny["links.json"], topology);
        var said = Distzo.Run(_tiny.Train("slots", Steps, "--topology", _tiny["links.json"], "--slots", "2", "--offload", "host")).Problem(ExitCodes.BadInput);
        Assert.Contains("links.json'", said);
        Assert.Contains(problem, said);
    }

    [Theory]
    [InlineData("offload: shard keeps layers in slices on several slots", "--offload", "shard")]
    [InlineData("'slots' must be", "--slots", "0")]
    public void Train_OnSlotsThatCannotBe_SaysWhatIsWrong(string problem, params string[] more) =>
        Assert.Contains(problem, Distzo.Run(_tiny.Train("slots", Steps, more)).Problem(ExitCodes.BadInput));

    [Fact]
    public void Train_ShardedWithoutAFabric_SaysWhatIsMissing()
    {
        File.WriteAllText(_tiny["links.json"], """{"slots": 2}""");
        Assert.Contains("add fabric to the topology", Distzo.Run(_tiny.Train("slots", Steps, "--topology", _tiny["links.json"], "--offload", "shard")).Problem(ExitCodes.BadInput));
    }

    private void AssertSame()
    {
        Assert.Equal(_tiny.Ledger("resident"), _tiny.Ledger("slots"));
        Assert.Equal(_tiny.Weights("resident"), _tiny.Weights("slots"));
    }
}
