namespace DistZO.Coordinator.Tests;

/// <summary>The dashboard in a real browser. DISTZO_PICTURES names a folder for its pictures, to look at.</summary>
[Collection(SharedBrowser.Tests.Name)]
public sealed class DashboardTests(SharedBrowser shared)
{
    private const string Drawn = "document.getElementById('readout')?.textContent.length > 10 || document.title.includes('Waiting')";

    [SkippableTheory]
    [InlineData("waiting", 1600, 1000, false)]
    [InlineData("one", 1600, 1000, true)]
    [InlineData("picture", 1600, 1000, true)]
    [InlineData("eight", 1600, 1000, false)]
    [InlineData("eight", 1600, 1000, true)]
    [InlineData("eight", 2500, 1300, false)]
    [InlineData("eight", 1280, 800, false)]
    [InlineData("eight", 900, 1100, false)]
    [InlineData("eight", 390, 844, false)]
    [InlineData("eight", 360, 740, true)]
    [InlineData("thousand", 1600, 1000, true)]
    [InlineData("paused", 390, 844, false)]
    [InlineData("finished", 1600, 1000, false)]
    [InlineData("failed", 1600, 1000, true)]
    public async Task Page_OfARun_FitsItsScreenAndComplainsAboutNothing(string scene, int width, int height, bool dark)
    {
        await using var host = await RunHost.Start(FakeScenes.Of(scene));
        var browser = await shared.Get();
        await browser.Open(host.Address, width, height, dark, mobile: width < 700);
        await browser.Until(Drawn);
        await browser.Until("document.querySelectorAll('#events li').length > 0");
        if (Environment.GetEnvironmentVariable("DISTZO_PICTURES") is { Length: > 0 } folder)
        {
            var name = $"{scene}-{width}-{(dark ? "dark" : "light")}";
            Directory.CreateDirectory(folder);
            await File.WriteAllBytesAsync(Path.Combine(folder, name + ".png"), await browser.Picture(whole: false));
            await File.WriteAllBytesAsync(Path.Combine(folder, name + "-whole.png"), await browser.Picture(whole: true));
        }

        Assert.True((await browser.Evaluate("document.documentElement.scrollWidth <= window.innerWidth"))!.GetValue<bool>(), "wider than the screen");
        Assert.Empty(browser.Complaints);
        Assert.All(browser.Requests, request => Assert.StartsWith(
            request.StartsWith("data:", StringComparison.Ordinal) ? "data:image/svg" : host.Address.ToString(), request, StringComparison.Ordinal));
    }
}
