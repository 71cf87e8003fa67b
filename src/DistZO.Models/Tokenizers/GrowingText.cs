using System.Text;

namespace DistZO.Models.Tokenizers;

/// <summary>
/// The text of tokens that come one by one, at any moment what decoding all of them gives. Only the last ones, whose text the next may
/// still change, are decoded again.
/// </summary>
internal sealed class GrowingText(TokenDecoder decoder)
{
    private readonly StringBuilder _settled = new();
    private readonly List<string> _open = [];
    private string _rest = "";
    private int _searched;

    /// <summary>Adds a token, as the tokenizer's file writes it.</summary>
    public void Add(string token)
    {
        _open.Add(token);
        _rest = decoder.DecodePart(_open, out bool isOpen);
        if (isOpen) return;
        _settled.Append(_rest);
        _open.Clear();
        _rest = "";
    }

    /// <summary>
    /// The text before the first of <paramref name="stops"/> in it; null if it holds none. What was searched before is not searched again.
    /// </summary>
    public string? Before(IReadOnlyList<string> stops)
    {
        int from = Math.Max(0, _searched - stops.Max(stop => stop.Length) + 1);
        _searched = _settled.Length;
        string unsearched = _settled.ToString(from, _settled.Length - from) + _rest;
        if (!stops.Any(stop => unsearched.Contains(stop, StringComparison.Ordinal))) return null;
        string text = ToString();
        int first = stops.Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(-1).Min();
        return first < 0 ? null : text[..first];
    }

    public override string ToString() => decoder.Finish(_settled + _rest);
}
