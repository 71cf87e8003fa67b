using System.Globalization;
using System.Text.Json.Nodes;

namespace DistZO.Optimization;

/// <summary>The types that recipe keys have.</summary>
internal static class RecipeTypes
{
    public static RecipeType<int> Integer(int min, int max = int.MaxValue)
    {
        var expected = max == int.MaxValue ? $"a whole number of at least {min}" : $"a whole number from {min} to {max}";
        return new(expected, Read, value => value);

        bool Read(RecipeNode node, out int value)
        {
            value = 0;
            return node is RecipeScalar scalar
                && int.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
                && value >= min && value <= max;
        }
    }

    public static RecipeType<ulong> Seed { get; } = new("a whole number from 0 to 18446744073709551615", ReadSeed, value => value);

    /// <summary>A finite binary64 in [min, max], or in (min, max] if <paramref name="above"/>.</summary>
    public static RecipeType<double> Number(double min, double max = double.MaxValue, bool above = false)
    {
        var least = above ? $"a number above {CanonicalJson.Number(min)}" : $"a number of at least {CanonicalJson.Number(min)}";
        var expected = max == double.MaxValue ? least : $"{least} and at most {CanonicalJson.Number(max)}";
        return new(expected, Read, value => value);

        bool Read(RecipeNode node, out double value)
        {
            value = 0;
            if (node is not RecipeScalar scalar || !TryNumber(scalar.Text, out value)) return false;
            value += 0.0; // −0 becomes 0: two ways to write one value must not make two identities.
            return value <= max && (above ? value > min : value >= min);
        }
    }

    /// <summary>A share of something in [0, 1), or a whole number of at least 1.</summary>
    public static RecipeType<double> CountOrShare { get; } =
        new("a whole number of steps, or a share of them below 1", ReadCountOrShare, value => value);

    /// <summary>A number of bytes: <c>4GiB</c>, <c>500MB</c>, <c>65536</c>.</summary>
    public static RecipeType<long> Bytes { get; } = new("a size such as 4GiB or 500MB", ReadBytes, value => value);

    public static RecipeType<string> Text { get; } = new("a text", ReadText, value => value);

    /// <summary>The name of a file or a directory.</summary>
    public static RecipeType<string> FilePath { get; } = new("a path", ReadPath, value => value);

    public static RecipeType<bool> Switch { get; } = OneOf(("true", true), ("false", false));

    /// <summary>One of a few words, each standing for a value.</summary>
    public static RecipeType<T> OneOf<T>(params (string Word, T Value)[] words)
        where T : notnull
    {
        return new("one of " + string.Join(", ", words.Select(w => w.Word)), Read, Write);

        bool Read(RecipeNode node, out T value)
        {
            value = default!;
            if (node is not RecipeScalar scalar) return false;
            foreach (var (word, meant) in words)
            {
                if (!string.Equals(scalar.Text, word, StringComparison.OrdinalIgnoreCase)) continue;
                value = meant;
                return true;
            }

            return false;
        }

        JsonNode? Write(T value)
        {
            var word = words.First(w => w.Value.Equals(value)).Word;
            return value is bool flag ? flag : word;
        }
    }

    /// <summary>What computes.</summary>
    public static RecipeType<DeviceChoice> Device { get; } = new("one of auto, cpu, cuda, or a GPU such as cuda:1", ReadDevice, value => value.ToString());

    /// <summary>How the work grid is split over ranks.</summary>
    public static RecipeType<Parallelism> Parallelism { get; } =
        new("one of auto, pertp, dp, 2d, or PxD such as 2x4", ReadParallelism, value => value.ToString());

    /// <summary>What of a model is trained.</summary>
    public static RecipeType<TrainedPart> TrainedPart { get; } =
        new("lora, prefix, prompt, bitfit, or layers= with numbers and ranges such as layers=0,8-11", ReadTrainedPart, value => value.ToString());

    /// <summary>The labels of a classification task and the text that stands for each, in the order given.</summary>
    public static RecipeType<IReadOnlyList<Choice>> Choices { get; } =
        new("a mapping of at least two different labels to texts, such as {0: \" terrible\", 1: \" great\"}", ReadChoices, WriteChoices);

    /// <summary>A value that may be left open.</summary>
    public static RecipeType<T?> Optional<T>(RecipeType<T> type, string unset = "none")
        where T : struct
    {
        return new($"{type.Expected}, or {unset}", Read, value => value is { } set ? type.ToJson(set) : null, unset);

        bool Read(RecipeNode node, out T? value)
        {
            value = null;
            if (IsUnset(node, unset)) return true;
            if (!type.TryRead(node, out var set)) return false;
            value = set;
            return true;
        }
    }

    /// <summary>A value that is left open where it is what holds anyway: two ways to say one thing must not make two identities.</summary>
    public static RecipeType<T?> OrDefault<T>(RecipeType<T> type, T @default)
        where T : struct
    {
        return new(type.Expected, Read, value => value is { } set ? type.ToJson(set) : null, CanonicalJson.Write(type.ToJson(@default)));

        bool Read(RecipeNode node, out T? value)
        {
            value = null;
            if (node is RecipeScalar { IsNull: true }) return true;
            if (!type.TryRead(node, out var set)) return false;
            if (!set.Equals(@default)) value = set;
            return true;
        }
    }

    /// <summary>Names as one text with commas between. As they were written: <see cref="Recipe"/> puts in order what users write.</summary>
    public static RecipeType<string> Names { get; } = new("names with commas between, or a list of names", ReadNames, value => value);

    /// <summary>As <see cref="Optional{T}"/>, for texts. Any word is a text, so only YAML's own null means "not set".</summary>
    public static RecipeType<T?> OptionalReference<T>(RecipeType<T> type)
        where T : class
    {
        return new(type.Expected, Read, value => value is null ? null : type.ToJson(value));

        bool Read(RecipeNode node, out T? value)
        {
            value = null;
            return node is RecipeScalar { IsNull: true } || type.TryRead(node, out value);
        }
    }

    private static bool IsUnset(RecipeNode node, string unset) =>
        node is RecipeScalar scalar && (scalar.IsNull || scalar.Text.Equals(unset, StringComparison.OrdinalIgnoreCase));

    private static bool TryNumber(string text, out double value)
    {
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, style, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    private static bool ReadDevice(RecipeNode node, out DeviceChoice value)
    {
        value = default;
        return node is RecipeScalar scalar && DeviceChoice.TryParse(scalar.Text, out value);
    }

    private static bool ReadParallelism(RecipeNode node, out Parallelism value)
    {
        var read = node is RecipeScalar scalar ? Optimization.Parallelism.Parse(scalar.Text.ToLowerInvariant()) : null;
        value = read ?? default;
        return read is not null;
    }

    private static bool ReadTrainedPart(RecipeNode node, out TrainedPart value)
    {
        var read = node is RecipeScalar scalar ? Optimization.TrainedPart.Parse(scalar.Text.ToLowerInvariant()) : null;
        value = read ?? default;
        return read is not null;
    }

    private static bool ReadSeed(RecipeNode node, out ulong value)
    {
        value = 0;
        return node is RecipeScalar scalar && ulong.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static bool ReadCountOrShare(RecipeNode node, out double value)
    {
        value = 0;
        if (node is not RecipeScalar scalar || !TryNumber(scalar.Text, out value)) return false;
        value += 0.0;
        return value >= 0 && (value < 1 || (value == Math.Floor(value) && value <= int.MaxValue));
    }

    private static bool ReadBytes(RecipeNode node, out long value)
    {
        value = 0;
        if (node is not RecipeScalar scalar) return false;
        var text = scalar.Text.Trim();
        var digits = text.TrimEnd([.. "KMGTiBkb".Distinct()]).Length;
        var unit = text[digits..].Trim().ToLowerInvariant();
        var power = "kmgt".IndexOf(unit is "" or "b" ? ' ' : unit[0]) + 1;
        if (unit is not ("" or "b") && (power == 0 || unit[1..] is not ("" or "b" or "ib"))) return false;
        if (!TryNumber(text[..digits], out var number) || number <= 0) return false;
        number *= Math.Pow(unit.Contains('i') ? 1024 : 1000, power);
        value = number < long.MaxValue / 2 ? (long)number : 0;
        return value > 0;
    }

    private static bool ReadText(RecipeNode node, out string value)
    {
        value = "";
        // A lone surrogate has no UTF-8 form, so it could be neither stored nor hashed.
        if (node is not RecipeScalar { IsNull: false } scalar || !IsWellFormed(scalar.Text)) return false;
        value = scalar.Text;
        return true;
    }

    private static bool ReadPath(RecipeNode node, out string value) => ReadText(node, out value) && value.Length > 0 && !value.Contains('\0');

    private static bool ReadNames(RecipeNode node, out string value)
    {
        value = "";
        if (node is not RecipeSequence { Items.Count: > 0 } list) return ReadText(node, out value);
        var names = new List<string>();
        foreach (var item in list.Items)
        {
            if (!ReadText(item, out var name)) return false;
            names.Add(name);
        }

        value = string.Join(',', names);
        return true;
    }

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) i++;
            else if (char.IsSurrogate(text[i])) return false;
        }

        return true;
    }

    private static bool ReadChoices(RecipeNode node, out IReadOnlyList<Choice> value)
    {
        var choices = new List<Choice>();
        value = choices;
        var pairs = node switch
        {
            RecipeMapping mapping => mapping.Entries.Select(e => ((RecipeNode)e.Key, e.Value)),
            // The form that keeps its order in canonical JSON, whose keys are sorted.
            RecipeSequence list when list.Items.All(i => i is RecipeSequence { Items.Count: 2 }) =>
                list.Items.Cast<RecipeSequence>().Select(i => (i.Items[0], i.Items[1])),
            _ => [],
        };
        foreach (var (label, text) in pairs)
        {
            if (!ReadText(label, out var l) || !ReadText(text, out var t) || choices.Exists(c => c.Label == l)) return false;
            choices.Add(new Choice(l, t));
        }

        return choices.Count >= 2;
    }

    private static JsonArray WriteChoices(IReadOnlyList<Choice> choices) =>
        new([.. choices.Select(c => new JsonArray(c.Label, c.Text))]);
}
