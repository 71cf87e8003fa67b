using System.Text.Json.Nodes;
using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>Says in words where two identities differ.</summary>
public static class IdentityDifferences
{
    /// <summary>One phrase for each part that differs, recipe keys by name; empty if the identities are equal.</summary>
    public static IReadOnlyList<string> Between(RunIdentity recorded, RunIdentity current)
    {
        if (recorded.Canonical == current.Canonical) return [];
        var (then, now) = (recorded.ToJson(), current.ToJson());
        var phrases = new List<string>();
        foreach (var key in Keys(then["recipe"], now["recipe"]))
        {
            var (a, b) = (Text(then["recipe"]![key]), Text(now["recipe"]![key]));
            if (a != b) phrases.Add($"{key} is {b} (the run has {a})");
        }

        if (recorded.BaseDigest != current.BaseDigest) phrases.Add("the base model's weights differ");
        if (recorded.InitDigest != current.InitDigest) phrases.Add("the initial values of the added tensors differ");
        AddTensors(phrases, "tensor", recorded.Layout, current.Layout);
        AddTensors(phrases, "frozen tensor", recorded.Frozen, current.Frozen);
        if (recorded.Rows != current.Rows) phrases.Add($"the data has {current.Rows} rows (the run has {recorded.Rows})");
        else if (recorded.ExamplesDigest != current.ExamplesDigest) phrases.Add("the training examples differ (data, tokenizer or prompt)");
        AddVersion(phrases, "arithmetic", recorded.Arithmetic, current.Arithmetic);
        AddVersion(phrases, "perturbation", recorded.Perturbation, current.Perturbation);
        if (recorded.Parent != current.Parent) phrases.Add("the run that it was forked from differs");
        return phrases;
    }

    /// <summary>Throws <see cref="BadInputException"/> naming what differs, and how to go on, unless the identities are equal.</summary>
    /// <param name="recorded">The identity in the ledger.</param>
    /// <param name="current">The identity of what was asked for now.</param>
    /// <param name="ledger">The ledger's path.</param>
    /// <param name="steps">How many steps it holds.</param>
    public static void Refuse(RunIdentity recorded, RunIdentity current, string ledger, long steps)
    {
        var phrases = Between(recorded, current);
        if (phrases.Count == 0) return;
        throw new BadInputException(
            $"{ledger} belongs to another run: {string.Join("; ", phrases)}; change that back, choose another output directory, "
            + $"or go on from its weights with 'distzo fork {ledger} --step {steps}'");
    }

    private static IEnumerable<string> Keys(JsonNode? a, JsonNode? b) =>
        a!.AsObject().Concat(b!.AsObject()).Select(pair => pair.Key).Distinct().Order(StringComparer.Ordinal);

    private static string Text(JsonNode? value) => value is null ? "not set" : CanonicalJson.Write(value);

    private static void AddVersion(List<string> phrases, string what, string then, string now)
    {
        if (then != now) phrases.Add($"the {what} is {now} (the run has {then})");
    }

    private static void AddTensors(List<string> phrases, string what, IReadOnlyList<TensorLayout> then, IReadOnlyList<TensorLayout> now)
    {
        for (var i = 0; i < Math.Min(then.Count, now.Count); i++)
        {
            if (then[i].Equals(now[i])) continue;
            phrases.Add($"{what} {i} is {Describe(now[i])} (the run has {Describe(then[i])})");
            return;
        }

        if (then.Count != now.Count) phrases.Add($"there are {now.Count} {what}s (the run has {then.Count})");
    }

    private static string Describe(TensorLayout tensor) => $"{tensor.Name} [{string.Join(", ", tensor.Shape)}]";
}
