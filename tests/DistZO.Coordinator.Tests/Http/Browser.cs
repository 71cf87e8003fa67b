using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DistZO.Coordinator.Tests;

/// <summary>A headless Chromium, driven over its DevTools protocol: a page, what it asks for, what it complains about, its picture.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TemporaryFolder _profile;
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _answers = new();
    private readonly CancellationTokenSource _end = new();
    private string? _session;
    private int _last;

    private Browser(Process process, TemporaryFolder profile) => (_process, _profile) = (process, profile);

    /// <summary>Errors, and warnings about security, that the page left on the console.</summary>
    public ConcurrentQueue<string> Complaints { get; } = [];

    /// <summary>Addresses that the page asked for.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Starts one, or skips the test where there is none.</summary>
    public static async Task<Browser> Start()
    {
        string[] names = ["chromium", "chromium-browser", "google-chrome"];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .SelectMany(folder => names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        Skip.If(path is null, "no Chromium is installed (Debian: chromium)");
        var profile = new TemporaryFolder();
        var start = new ProcessStartInfo(path) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])
            ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
            "--disable-background-networking", "--remote-debugging-port=0", $"--user-data-dir={profile.Root}", "about:blank"])
        {
            start.ArgumentList.Add(argument);
        }

        var browser = new Browser(Process.Start(start)!, profile);
        await browser.Attach().WaitAsync(RunHost.Patience);
        return browser;
    }

    /// <summary>Opens a page on a screen of that size; what the page before it asked for and complained about is forgotten.</summary>
    public async Task Open(Uri address, int width, int height, bool dark, bool mobile = false)
    {
        await Call("Page.navigate", new JsonObject { ["url"] = "about:blank" });
        await Evaluate("document.readyState");
        Complaints.Clear();
        Requests.Clear();
        await Call("Emulation.setDeviceMetricsOverride", new JsonObject
        {
            ["width"] = width,
            ["height"] = height,
            ["deviceScaleFactor"] = mobile ? 2 : 1,
            ["mobile"] = mobile,
        });
        await Call("Emulation.setEmulatedMedia", new JsonObject
        {
            ["features"] = new JsonArray(
                new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" },
                new JsonObject { ["name"] = "prefers-reduced-motion", ["value"] = "reduce" }),
        });
        await Call("Page.navigate", new JsonObject { ["url"] = address.ToString() });
    }

    /// <summary>The value of a JavaScript expression; a promise is waited for.</summary>
    public async Task<JsonNode?> Evaluate(string expression)
    {
        var answer = await Call("Runtime.evaluate", new JsonObject
        {
            ["expression"] = expression,
            ["returnByValue"] = true,
            ["awaitPromise"] = true,
            ["userGesture"] = true,
        });
        Assert.True(answer["exceptionDetails"] is null, answer["exceptionDetails"]?.ToJsonString());
        return answer["result"]?["value"];
    }

    /// <summary>Returns once an expression is true, looked at before each frame that the page draws.</summary>
    public async Task Until(string condition)
    {
        var met = await Evaluate($$"""
            new Promise(done => {
              const end = performance.now() + {{RunHost.Patience.TotalMilliseconds}};
              const look = () => { if ({{condition}}) done(true); else if (performance.now() > end) done(false); else requestAnimationFrame(look); };
              look();
            })
            """);
        Assert.True(met!.GetValue<bool>(), $"never true: {condition}");
    }

    /// <summary>What the page looks like, all of it or what the screen shows: a PNG.</summary>
    public async Task<byte[]> Picture(bool whole)
    {
        var answer = await Call("Page.captureScreenshot", new JsonObject { ["format"] = "png", ["captureBeyondViewport"] = whole });
        return Convert.FromBase64String(answer["data"]!.GetValue<string>());
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().WaitAsync(RunHost.Patience);
        _process.Dispose();
        _end.Dispose();
        _profile.Dispose();
    }

    private async Task Attach()
    {
        const string Marker = "DevTools listening on ";
        string? line;
        while ((line = await _process.StandardError.ReadLineAsync()) is not null && !line.StartsWith(Marker, StringComparison.Ordinal))
        {
        }

        Assert.True(line is not null, "Chromium did not start");
        _ = _process.StandardError.ReadToEndAsync();
        await _socket.ConnectAsync(new Uri(line![Marker.Length..]), CancellationToken.None);
        _ = Listen();
        var target = await Call("Target.createTarget", new JsonObject { ["url"] = "about:blank" });
        var attached = await Call("Target.attachToTarget", new JsonObject { ["targetId"] = target["targetId"]!.GetValue<string>(), ["flatten"] = true });
        _session = attached["sessionId"]!.GetValue<string>();
        foreach (var domain in (string[])["Page", "Runtime", "Network", "Log"]) await Call(domain + ".enable", []);
    }

    private async Task<JsonNode> Call(string method, JsonObject parameters)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = _answers[id] = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (_session is not null) message["sessionId"] = _session;
        await _socket.SendAsync(Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, _end.Token);
        return await answer.Task.WaitAsync(RunHost.Patience * 2);
    }

    private async Task Listen()
    {
        var buffer = new byte[1 << 16];
        try
        {
            while (true)
            {
                using var message = new MemoryStream();
                WebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer, _end.Token);
                    message.Write(buffer, 0, part.Count);
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close) return;
                Take(JsonNode.Parse(message.ToArray())!);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException or JsonException)
        {
            foreach (var waiting in _answers.Values) waiting.TrySetException(new IOException("the browser is gone", e));
        }
    }

    private void Take(JsonNode message)
    {
        if (message["id"] is { } id)
        {
            if (!_answers.TryRemove(id.GetValue<int>(), out var answer)) return;
            if (message["error"] is { } error) answer.SetException(new InvalidOperationException(error.ToJsonString()));
            else answer.SetResult(message["result"]!.DeepClone());
            return;
        }

        var parameters = message["params"];
        switch (message["method"]?.GetValue<string>())
        {
            case "Network.requestWillBeSent":
                Requests.Enqueue(parameters!["request"]!["url"]!.GetValue<string>());
                break;
            case "Runtime.exceptionThrown":
            case "Runtime.consoleAPICalled" when parameters!["type"]!.GetValue<string>() is "error" or "assert":
            case "Log.entryAdded" when parameters!["entry"]!["level"]!.GetValue<string>() is "error" or "warning":
                Complaints.Enqueue(parameters!.ToJsonString());
                break;
        }
    }
}
