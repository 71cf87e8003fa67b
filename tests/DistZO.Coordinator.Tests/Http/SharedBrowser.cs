namespace DistZO.Coordinator.Tests;

/// <summary>One browser for all tests that need one, one after the other: starting it takes longer than most of them.</summary>
public sealed class SharedBrowser : IAsyncLifetime
{
    private Browser? _browser;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
    }

    /// <summary>The browser; skips the test where there is none.</summary>
    internal async Task<Browser> Get() => _browser ??= await Browser.Start();

    [CollectionDefinition(Name)]
    public sealed class Tests : ICollectionFixture<SharedBrowser>
    {
        public const string Name = "browser";
    }
}
