using System.Runtime.InteropServices;
using DistZO.Models.Tokenizers;

namespace DistZO.Models;

/// <summary>A prompt and what was generated after it so far.</summary>
/// <param name="prompt">Its tokens.</param>
/// <param name="seed">What tokens are drawn by.</param>
/// <param name="cacheStart">Its first row in the cache.</param>
/// <param name="most">The most tokens that it is continued by.</param>
internal sealed class GeneratingText(int[] prompt, ulong seed, int cacheStart, int most)
{
    private readonly List<int> _new = [];
    private int _read;
    private GrowingText? _growing;
    private string? _text;

    public ulong Seed => seed;

    public int CacheStart => cacheStart;

    public int Most => most;

    /// <summary>Tokens that were generated.</summary>
    public int Count => _new.Count;

    /// <summary>Why it ended; null while it goes on.</summary>
    public FinishReason? Reason { get; set; }

    /// <summary>The tokens that the model has not read: the prompt, or the newest token.</summary>
    /// <param name="read">How many it had read before.</param>
    public int[] TakeUnread(out int read)
    {
        read = _read;
        int[] unread = read == 0 ? prompt : [_new[^1]];
        _read += unread.Length;
        return unread;
    }

    /// <summary>Takes the next token.</summary>
    public void Add(int token, GenerationOptions options, Tokenizer tokenizer)
    {
        _new.Add(token);
        if (options.EndTokens.Contains(token)) Reason = FinishReason.EndToken;
        else if (options.Stop.Count > 0 && FindStop(options.Stop, tokenizer)) Reason = FinishReason.Stop;
        else if (_new.Count == most) Reason = FinishReason.Length;
    }

    public GeneratedText Finish(Tokenizer tokenizer) => new(
        [.. _new], _text ?? tokenizer.Decode(CollectionsMarshal.AsSpan(_new), skipSpecialTokens: true), Reason ?? FinishReason.Length);

    private bool FindStop(IReadOnlyList<string> stops, Tokenizer tokenizer)
    {
        _growing ??= tokenizer.NewText();
        if (tokenizer.TokenOf(_new[^1], skipSpecialTokens: true) is { } token) _growing.Add(token);
        return (_text = _growing.Before(stops)) is not null;
    }
}
