using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>
/// What decides the records and weights of a run, and nothing else: equal identities give equal ledgers. Its canonical JSON stands in
/// the ledger's header; the chain of hashes starts from its digest. Immutable.
/// </summary>
public sealed class RunIdentity
{
    /// <summary>The perturbations of all runs so far.</summary>
    public const string PerturbationVersion = "philox-v1";

    private RunIdentity(JsonObject json)
    {
        Canonical = CanonicalJson.Write(json);
        DigestBytes = SHA256.HashData(Encoding.UTF8.GetBytes(Canonical));
        Recipe = Recipe.FromJson([json["recipe"]!.AsObject()], "the ledger's header");
        BaseDigest = json["base"]!.GetValue<string>();
        InitDigest = json["init"]?.GetValue<string>();
        Layout = [.. json["layout"]!.AsArray().Select(TensorLayout.Parse)];
        Frozen = [.. (json["frozen"]?.AsArray() ?? []).Select(TensorLayout.Parse)];
        ExamplesDigest = json["examples"]!["digest"]!.GetValue<string>();
        Rows = json["examples"]!["rows"]!.GetValue<long>();
        Arithmetic = json["arithmetic"]!.GetValue<string>();
        Perturbation = json["perturbation"]!.GetValue<string>();
        Parent = json["parent"] is { } parent ? ParentRun.Parse(parent) : null;
    }

    /// <summary>Sorted keys, UTF-8, shortest numbers: <see cref="CanonicalJson"/>.</summary>
    public string Canonical { get; }

    /// <summary>SHA-256 of <see cref="Canonical"/> in hexadecimal.</summary>
    public string Digest => Convert.ToHexStringLower(DigestBytes);

    /// <summary>The chain hash before the first step.</summary>
    public ChainHash Start => ChainHash.Start(DigestBytes);

    /// <summary>The trajectory keys, resolved; operational keys are at their defaults.</summary>
    public Recipe Recipe { get; }

    /// <summary>Digest of the base model's logical tensors, hexadecimal.</summary>
    public string BaseDigest { get; }

    /// <summary>Digest of tensors that the base lacks (adapters); null if it has all.</summary>
    public string? InitDigest { get; }

    /// <summary>The trainable tensors in the order of their ordinals.</summary>
    public IReadOnlyList<TensorLayout> Layout { get; }

    /// <summary>The frozen tensors; their ordinals go on after the layout's.</summary>
    public IReadOnlyList<TensorLayout> Frozen { get; }

    /// <summary>Digest of all encoded examples, hexadecimal.</summary>
    public string ExamplesDigest { get; }

    /// <summary>R: how many examples there are.</summary>
    public long Rows { get; }

    /// <summary>The arithmetic of the losses, such as <c>cpu-v1</c>.</summary>
    public string Arithmetic { get; }

    /// <summary>The version of the perturbations, <c>philox-v1</c>.</summary>
    public string Perturbation { get; }

    /// <summary>Where the run was forked from; null if it starts at the base.</summary>
    public ParentRun? Parent { get; }

    private byte[] DigestBytes { get; }

    /// <summary>The identity of a new run.</summary>
    /// <param name="recipe">Resolved for <paramref name="rows"/>.</param>
    /// <param name="baseDigest">Digest of the base model, hexadecimal.</param>
    /// <param name="layout">The trainable tensors in order.</param>
    /// <param name="examplesDigest">Digest of the encoded examples, hexadecimal.</param>
    /// <param name="rows">How many examples there are.</param>
    /// <param name="arithmetic">The device's, such as <c>cpu-v1</c>.</param>
    /// <param name="initDigest">Digest of initial values that the base lacks, if any.</param>
    /// <param name="frozen">The frozen tensors, if any.</param>
    /// <param name="parent">Where the run forks off, if it does.</param>
    public static RunIdentity Create(
        Recipe recipe,
        string baseDigest,
        IEnumerable<TensorLayout> layout,
        string examplesDigest,
        long rows,
        string arithmetic,
        string? initDigest = null,
        IEnumerable<TensorLayout>? frozen = null,
        ParentRun? parent = null)
    {
        var json = new JsonObject
        {
            ["arithmetic"] = arithmetic,
            ["base"] = baseDigest,
            ["examples"] = new JsonObject { ["digest"] = examplesDigest, ["rows"] = rows },
            ["layout"] = new JsonArray([.. layout.Select(t => t.ToJson())]),
            ["perturbation"] = PerturbationVersion,
            ["recipe"] = recipe.Trajectory(),
        };
        if (initDigest is not null) json["init"] = initDigest;
        var frozenTensors = new JsonArray([.. (frozen ?? []).Select(t => t.ToJson())]);
        if (frozenTensors.Count > 0) json["frozen"] = frozenTensors;
        if (parent is not null) json["parent"] = parent.ToJson();
        return new RunIdentity(json);
    }

    /// <summary>This identity as it would be on another base model, to tell where that one differs.</summary>
    public RunIdentity OnBase(string baseDigest, IEnumerable<TensorLayout> layout, IEnumerable<TensorLayout> frozen) =>
        Create(Recipe, baseDigest, layout, ExamplesDigest, Rows, Arithmetic, InitDigest, frozen, Parent);

    /// <summary>This identity as that of a run that forks off another one, or off none.</summary>
    public RunIdentity WithParent(ParentRun? parent) =>
        Create(Recipe, BaseDigest, Layout, ExamplesDigest, Rows, Arithmetic, InitDigest, Frozen, parent);

    /// <summary>This identity as it would be under another recipe.</summary>
    /// <param name="recipe">Resolved for the run's rows.</param>
    public RunIdentity WithRecipe(Recipe recipe) =>
        Create(recipe, BaseDigest, Layout, ExamplesDigest, Rows, Arithmetic, InitDigest, Frozen, Parent);

    /// <summary>Reads an identity from its canonical form. Throws <see cref="FormatException"/> if it is none.</summary>
    public static RunIdentity Parse(string canonical)
    {
        try
        {
            return Parse(JsonNode.Parse(canonical));
        }
        catch (System.Text.Json.JsonException e)
        {
            throw new FormatException("it is not JSON", e);
        }
    }

    /// <summary>Reads an identity from JSON. Throws <see cref="FormatException"/> if a part is missing or of the wrong kind.</summary>
    internal static RunIdentity Parse(JsonNode? json)
    {
        try
        {
            var map = json!.AsObject();
            var unknown = map.Select(pair => pair.Key).Except(Parts).FirstOrDefault();
            if (unknown is not null) throw new FormatException($"its identity has a part '{unknown}' that this version does not know");
            return new RunIdentity(map);
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or ArgumentException or KeyNotFoundException)
        {
            throw new FormatException("its identity lacks a part, or one is of the wrong kind", e);
        }
    }

    internal JsonObject ToJson() => JsonNode.Parse(Canonical)!.AsObject();

    private static readonly string[] Parts =
        ["arithmetic", "base", "examples", "frozen", "init", "layout", "parent", "perturbation", "recipe"];
}
