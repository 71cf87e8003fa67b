using System.Globalization;
using System.Text.Json;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>What a ledger holds, for <c>distzo inspect</c>. All of it is read and checked; damage is reported, not thrown.</summary>
public sealed class LedgerSummary
{
    private LedgerSummary(LedgerHeader header) => Header = header;

    public LedgerHeader Header { get; }

    /// <summary>Sound steps.</summary>
    public long Steps { get; private init; }

    /// <summary>The chain hash after them.</summary>
    public ChainHash Chain { get; private init; }

    /// <summary>How many of them changed nothing.</summary>
    public long Skipped { get; private init; }

    /// <summary>Bytes behind them that a crash tore off.</summary>
    public long TornBytes { get; private init; }

    /// <summary>What is wrong behind them; null if nothing is.</summary>
    public string? Damage { get; private init; }

    private long Bytes { get; init; }

    /// <summary>Reads a ledger. Throws <see cref="BadInputException"/> if even its header is unsound.</summary>
    public static LedgerSummary Read(string path)
    {
        using var reader = LedgerReader.Open(path);
        long skipped = 0;
        string? damage = null;
        try
        {
            while (reader.Read() is { } record) skipped += record.Status == StepStatus.Skipped ? 1 : 0;
        }
        catch (BadInputException e)
        {
            damage = e.Message;
        }

        return new LedgerSummary(reader.Header)
        {
            Steps = reader.Steps,
            Chain = reader.Chain,
            Skipped = skipped,
            TornBytes = reader.TornBytes,
            Damage = damage,
            Bytes = new FileInfo(path).Length,
        };
    }

    /// <summary>The summary for people, one line a fact.</summary>
    public IEnumerable<string> Lines()
    {
        var identity = Header.Identity;
        yield return $"ledger, {Number(Steps)} steps, {Quantity.Bytes(Bytes)}{(Damage is null ? "" : ", DAMAGED behind them")}";
        if (Skipped > 0) yield return $"{Number(Skipped)} steps are skipped: a loss was not finite or too large";
        if (TornBytes > 0) yield return $"behind them {TornBytes} bytes of a record that a crash tore off; nothing committed is lost";
        yield return $"identity digest {identity.Digest}";
        yield return $"chain hash {Chain}";
        var place = Header.Recipe.Get(RecipeKeys.Model) is { } model ? $" (at '{model}' when it began)" : "";
        yield return $"base digest {identity.BaseDigest}{place}";
        var weights = identity.Layout.Sum(t => t.Shape.Aggregate(1L, (product, n) => product * n));
        yield return $"{identity.Layout.Count} trained tensors, {Number(weights)} weights, "
            + $"held as {identity.Recipe.Get(RecipeKeys.WeightsDtype).Name()}";
        yield return $"{Number(identity.Rows)} rows of data, examples digest {identity.ExamplesDigest}";
        yield return $"arithmetic {identity.Arithmetic}, perturbations {identity.Perturbation}";
        if (identity.Parent is { } parent) yield return $"forked at step {Number(parent.Steps)} of the run {parent.IdentityDigest}";
        foreach (var (name, value) in RecipeOf(identity)) yield return $"recipe: {name} = {value}";
    }

    /// <summary>Writes the summary's members into an open JSON object.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        var identity = Header.Identity;
        json.WriteString("identity_digest", identity.Digest);
        json.WriteNumber("steps", Steps);
        json.WriteString("chain", Chain.ToString());
        json.WriteBoolean("sound", Damage is null);
        json.WriteNumber("skipped_steps", Skipped);
        json.WriteNumber("torn_bytes", TornBytes);
        if (Damage is not null) json.WriteString("damage", Damage);
        json.WritePropertyName("identity");
        json.WriteRawValue(identity.Canonical);
    }

    private static IEnumerable<(string Name, string Value)> RecipeOf(RunIdentity identity)
    {
        using var json = JsonDocument.Parse(identity.Canonical);
        foreach (var property in json.RootElement.GetProperty("recipe").EnumerateObject())
            yield return (property.Name, property.Value.GetRawText());
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
