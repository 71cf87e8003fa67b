using DistZO.Coordinator;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cluster.Tests.Hosting;

/// <summary>Sessions that are no workers yet, or never.</summary>
public sealed class OpeningTests : IClassFixture<RunFiles>, IDisposable
{
    private readonly FakeTime _time = new();
    private readonly RunBook _book;
    private readonly RunEngine _engine;

    public OpeningTests(RunFiles files)
    {
        var directory = files.NewDirectory();
        _book = RunBook.Open(directory, files.Recipe(5));
        var metrics = new MetricsFile(directory.Metrics);
        _engine = new RunEngine(_book, new EngineOptions { Incarnation = 1 }, metrics, metrics, _time);
    }

    public void Dispose() => _book.Dispose();

    [Fact]
    public void Session_ThatSaysNothing_IsClosed()
    {
        var link = new RecordedLink();
        var session = _engine.Connect(link);
        // A sign of life is no introduction.
        _engine.Receive(session, new Heartbeat(0, 0, 0));
        _time.AdvanceTo(30);
        _engine.Tick();
        Assert.Null(link.End);
        _time.AdvanceTo(31);
        _engine.Tick();
        Assert.Equal(LinkEnd.Unavailable, link.End);
        Assert.All(_engine.DescribeWorkers(), worker => Assert.Equal(WorkerState.Gone, worker.State));
    }

    [Fact]
    public void Session_ThatNeverGetsReady_IsClosed()
    {
        var link = new RecordedLink();
        var session = _engine.Connect(link);
        _engine.Receive(session, Hello());
        for (var minute = 0; minute <= 120; minute++)
        {
            Assert.Null(link.End);
            _time.AdvanceTo((60 * minute) + 1);
            _engine.Receive(session, new Heartbeat(0, minute, 0));
            _engine.Tick();
        }

        Assert.Equal(LinkEnd.Unavailable, link.End);
    }

    [Fact]
    public void Sessions_ThatAreTooMany_AreToldToComeLater()
    {
        for (var i = 0; i < Opening.Most; i++) _engine.Connect(new RecordedLink());
        var link = new RecordedLink();
        _engine.Connect(link);
        Assert.Equal(LinkEnd.Unavailable, link.End);
    }

    [Fact]
    public void Session_ThatIntroducesItselfTwice_IsRefused()
    {
        var link = new RecordedLink();
        var session = _engine.Connect(link);
        _engine.Receive(session, Hello());
        Assert.Null(link.End);
        _engine.Receive(session, Hello());
        Assert.Equal(LinkEnd.Refused, link.End);
    }

    [Fact]
    public void Session_ThatIsReadyBeforeHello_IsRefused()
    {
        var link = new RecordedLink();
        _engine.Receive(_engine.Connect(link), new Ready("{}", 0, default, null, 0, 1, 1, "", 1, false));
        Assert.Equal(LinkEnd.Refused, link.End);
        Assert.False(_book.HasBegun);
    }

    [Fact]
    public void Session_WithoutAnId_IsRefused()
    {
        var link = new RecordedLink();
        _engine.Receive(_engine.Connect(link), Hello() with { WorkerId = "" });
        Assert.Equal(LinkEnd.Refused, link.End);
    }

    private static Hello Hello() => new(Runs.Hello.CurrentProtocol, "id", "name", "1");

    private sealed class RecordedLink : IWorkerLink
    {
        public long BytesUp => 0;

        public long BytesDown => 0;

        public LinkEnd? End { get; private set; }

        public void Send(CoordinatorMessage message)
        {
        }

        public void Close(LinkEnd end, string message) => End ??= end;
    }
}
