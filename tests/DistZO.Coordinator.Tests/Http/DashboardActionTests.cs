using DistZO.Optimization;

namespace DistZO.Coordinator.Tests;

/// <summary>What the dashboard does when the run, the network or somebody at the keyboard does something.</summary>
[Collection(SharedBrowser.Tests.Name)]
public sealed class DashboardActionTests(SharedBrowser shared)
{
    private const string Loaded = "document.querySelectorAll('#workers tbody tr').length > 0 && document.getElementById('readout').textContent !== ''";

    [SkippableFact]
    public async Task Page_WithAHostileWorkerName_ShowsItAsText()
    {
        await using var host = await RunHost.Start();
        var browser = await shared.Get();
        await Open(browser, host);
        Assert.Equal(
            FakeWorker.Hostile, await Text(browser, "[...document.querySelectorAll('#workers td.name')].find(td => td.textContent.includes('alert')).textContent"));
        Assert.Equal(1, (await browser.Evaluate("document.scripts.length"))!.GetValue<int>());
        Assert.Empty(browser.Complaints);
    }

    [SkippableFact]
    public async Task Page_WhenTheRunGoesOn_FollowsWithoutAReload()
    {
        await using var host = await RunHost.Start();
        var browser = await shared.Get();
        await Open(browser, host);
        host.Monitor.Change(run => run.Step = 11_500);
        await browser.Until("document.getElementById('steps').textContent.startsWith('step 11,500 ')");
        await browser.Until("document.getElementById('readout').textContent.startsWith('step 11,499 ')");
        host.Monitor.Change(run =>
        {
            run.Step = 11_502;
            run.Workers.Add(new FakeWorker(99, "newcomer", 70) { JoinedAt = 11_501 });
        });
        await browser.Until("document.getElementById('workers').textContent.includes('newcomer')");
        await browser.Until("document.getElementById('events').textContent.includes('newcomer joined')");
        host.Monitor.Change(run => (run.State, run.Step, run.Message) = (RunState.Finished, 20_000, "done"));
        await browser.Until("document.getElementById('left').textContent === 'Finished' && document.getElementById('stop').disabled");
        Assert.Empty(browser.Complaints);
    }

    [SkippableFact]
    public async Task Buttons_WithATokenSet_AskForItUntilItIsRight()
    {
        await using var host = await RunHost.Start(token: "sesame");
        var browser = await shared.Get();
        await Open(browser, host);
        await browser.Evaluate("document.getElementById('pause').click()");
        await Answer(browser, "wrong", "asks for its shared token");
        await Answer(browser, "sesame", "not the token");
        await browser.Until("document.getElementById('state').textContent === 'paused'");
        await browser.Until("document.getElementById('pause').textContent === 'Resume'");
        await browser.Evaluate("document.getElementById('pause').click()");
        await browser.Until("document.getElementById('state').textContent === 'training'");
        Assert.Equal(["pause", "resume"], host.Monitor.Calls);
    }

    [SkippableFact]
    public async Task Stop_AsksFirst_AndDoesNothingIfTheAnswerIsNo()
    {
        await using var host = await RunHost.Start();
        var browser = await shared.Get();
        await Open(browser, host);
        await browser.Evaluate("document.getElementById('stop').click()");
        await browser.Until("document.getElementById('ask').open");
        await browser.Evaluate("document.getElementById('askNo').click()");
        await browser.Until("!document.getElementById('ask').open");
        Assert.Empty(host.Monitor.Calls);
        await browser.Evaluate("document.getElementById('stop').click()");
        await browser.Until("document.getElementById('ask').open");
        await browser.Evaluate("document.getElementById('askYes').click()");
        await browser.Until("document.getElementById('state').textContent === 'finishing'");
        Assert.Equal(["stop"], host.Monitor.Calls);
    }

    [SkippableFact]
    public async Task Page_WithoutItsCoordinator_SaysThatItIsOld()
    {
        await using var host = await RunHost.Start();
        var browser = await shared.Get();
        await Open(browser, host);
        await host.Stop();
        await browser.Until("document.getElementById('link').textContent.startsWith('no connection')");
        await browser.Until("document.body.classList.contains('stale')");
    }

    [SkippableFact]
    public async Task Table_OfAThousandWorkers_ShowsAHundredAndFindsTheOthers()
    {
        await using var host = await RunHost.Start(FakeScenes.Of("thousand"));
        var browser = await shared.Get();
        await Open(browser, host);
        Assert.Equal(100, (await browser.Evaluate("document.querySelectorAll('#workers tbody tr').length"))!.GetValue<int>());
        Assert.Equal("and 900 more; sort or filter to see others", await Text(browser, "document.getElementById('more').textContent"));
        await browser.Evaluate("const f = document.getElementById('filter'); f.value = 'node-0777'; f.dispatchEvent(new Event('input'))");
        await browser.Until("document.querySelectorAll('#workers tbody tr').length === 1");
        Assert.Equal("node-0777", await Text(browser, "document.querySelector('#workers td.name').textContent"));
        await browser.Evaluate("f.value = ''; f.dispatchEvent(new Event('input')); document.querySelectorAll('#workers th button')[4].click()");
        await browser.Until("document.querySelector('#workers th[aria-sort=descending]')?.textContent === 'Cells/s'");
        Assert.Empty(browser.Complaints);
    }

    [SkippableFact]
    public async Task Chart_UnderTheArrowKeys_ReadsOutSteps()
    {
        await using var host = await RunHost.Start();
        var browser = await shared.Get();
        await Open(browser, host);
        await browser.Evaluate(
            "{ const c = document.getElementById('chart'); c.focus(); c.dispatchEvent(new KeyboardEvent('keydown', { key: 'PageUp' })); }");
        await browser.Until("!document.getElementById('readout').textContent.startsWith('step 11,480 ')");
        Assert.Contains("accuracy", await Text(browser, "document.getElementById('readout').textContent"), StringComparison.Ordinal);
    }

    private static async Task Open(Browser browser, RunHost host)
    {
        await browser.Open(host.Address, 1600, 1000, dark: false);
        await browser.Until(Loaded);
    }

    private static async Task Answer(Browser browser, string token, string question)
    {
        await browser.Until($"document.getElementById('ask').open && document.getElementById('askText').textContent.includes('{question}')");
        await browser.Evaluate($"document.getElementById('askToken').value = '{token}'; document.getElementById('askYes').click()");
    }

    private static async Task<string> Text(Browser browser, string expression) => (await browser.Evaluate(expression))!.GetValue<string>();
}
