using System.Globalization;

namespace DistZO.Models.Tokenizers;

/// <summary>What canonical normalization needs to know of characters, from <c>canonical-9.0.txt</c> beside this file.</summary>
internal sealed class CanonicalData
{
    private const string Resource = "canonical-9.0.txt";

    private static readonly Lazy<CanonicalData> Loaded = new(() => new CanonicalData());

    private readonly Dictionary<int, (int First, int Second)> _decompositions = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];
    private readonly Dictionary<int, byte> _classes = [];

    private CanonicalData()
    {
        using var stream = typeof(CanonicalData).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        Action<string> read = _ => { };
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            if (line == "[decompositions]") read = ReadDecomposition;
            else if (line == "[classes]") read = ReadClass;
            else foreach (string entry in line.Split("; ")) read(entry);
        }
    }

    /// <summary>Shared, read at the first use.</summary>
    public static CanonicalData Instance => Loaded.Value;

    /// <summary>The one or two characters that a character decomposes to in one step; the second is −1 where there is one.</summary>
    public bool TryDecompose(int codePoint, out (int First, int Second) parts) => _decompositions.TryGetValue(codePoint, out parts);

    public bool TryCompose(int first, int second, out int composed) => _compositions.TryGetValue((first, second), out composed);

    /// <summary>The canonical combining class; 0 for starters.</summary>
    public byte CombiningClass(int codePoint) => _classes.GetValueOrDefault(codePoint);

    private void ReadDecomposition(string entry)
    {
        string[] fields = entry.Split(' ');
        int composed = Hexadecimal(fields[0]);
        int[] parts = [.. fields.Skip(fields[1] == "!" ? 2 : 1).Select(Hexadecimal)];
        var pair = (parts[0], parts.Length == 2 ? parts[1] : -1);
        _decompositions[composed] = pair;
        if (fields[1] != "!") _compositions[pair] = composed;
    }

    private void ReadClass(string entry)
    {
        string[] fields = entry.Split(' ');
        string[] range = fields[0].Split("..");
        for (int c = Hexadecimal(range[0]); c <= Hexadecimal(range[^1]); c++)
            _classes[c] = byte.Parse(fields[1], CultureInfo.InvariantCulture);
    }

    private static int Hexadecimal(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
