using System.Collections.Concurrent;
using DistZO.Models.Tokenizers;

namespace DistZO.Models;

/// <summary>
/// A BPE tokenizer, of bytes or of characters that fall back to bytes, read from the <c>tokenizer.json</c> of a Hugging Face model; its
/// ids equal those of the <c>tokenizers</c> library on any text. What the file asks for and is not supported is refused by name when it
/// is loaded. The file's <c>truncation</c> and <c>padding</c> are defaults for batches, which <c>transformers</c> overrides at each call;
/// they have no part here. Immutable, and for any number of threads.
/// </summary>
public sealed class Tokenizer
{
    private readonly AddedTokens _added;
    private readonly TextNormalizer? _normalizer;
    private readonly PreTokenizer _preTokenizer;
    private readonly BpeModel _model;
    private readonly CharacterSymbols _symbols;
    private readonly PostProcessor _postProcessor;
    private readonly TokenDecoder _decoder;
    private readonly ConcurrentBag<TextEncoder> _idle = [];

    private Tokenizer(JsonPlace root)
    {
        string version = root["version"].Text();
        if (version != "1.0") throw root["version"].Bad($"version '{version}' is not supported (supported: 1.0)");

        // The kind of the model first: it says best what sort of tokenizer this is.
        _model = BpeModel.Read(root["model"]);
        _normalizer = TextNormalizer.Read(root["normalizer"]);
        _preTokenizer = PreTokenizer.Read(root["pre_tokenizer"]);
        _symbols = CharacterSymbols.Read(root["model"], _model.Vocabulary, _preTokenizer.ByteLevel);
        if (!_preTokenizer.ByteLevel && MarkSplitter.Of(_model, _symbols) is { } words)
            _preTokenizer = _preTokenizer with { Steps = [.. _preTokenizer.Steps, new PreTokenizerStep(null, words)] };
        _postProcessor = PostProcessor.Read(root["post_processor"]);
        _decoder = TokenDecoder.Read(root["decoder"]);
        _added = AddedTokens.Read(root["added_tokens"], _model.Vocabulary, _normalizer);
        VocabularySize = _added.Ids.Append(_model.Vocabulary.HighestId).Max() + 1;
    }

    /// <summary>One more than the highest id, added tokens included: how many rows an embedding needs.</summary>
    public int VocabularySize { get; }

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="directoryOrFile">A model directory that holds tokenizer.json, or such a file.</param>
    /// <exception cref="Devices.BadInputException">
    /// The file is missing or damaged (file, line and column are named) or asks for what is not supported (file, field and type are named).
    /// </exception>
    public static Tokenizer Load(string directoryOrFile)
    {
        var (document, root) = TokenizerFile.Read(directoryOrFile);
        using (document) return new Tokenizer(root);
    }

    /// <summary>The ids of a text. Halves of surrogate pairs that stand alone count as U+FFFD.</summary>
    /// <param name="text">Any text, of any length.</param>
    /// <param name="addSpecialTokens">Whether the post-processor's special tokens (such as a BOS) are put around it.</param>
    public int[] Encode(string text, bool addSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!_idle.TryTake(out var encoder)) encoder = NewEncoder();
        int[] ids = _postProcessor.Assemble(encoder.Encode(text), addSpecialTokens);
        _idle.Add(encoder);
        return ids;
    }

    /// <summary>
    /// The text of ids; U+FFFD where the bytes are no UTF-8. Nothing is cleaned up. Ids that no token has are passed over, as the library
    /// does: a model's head is often wider than its vocabulary.
    /// </summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Leaves out special tokens, such as a BOS.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        var tokens = new List<string>(ids.Length);
        foreach (int id in ids)
        {
            if (TokenOf(id, skipSpecialTokens) is { } token) tokens.Add(token);
        }

        return _decoder.Decode(tokens);
    }

    /// <summary>A text of tokens to come, which are those of <see cref="TokenOf"/>.</summary>
    internal GrowingText NewText() => new(_decoder);

    /// <summary>A token as the file writes it; null where <see cref="Decode"/> passes it over.</summary>
    internal string? TokenOf(int id, bool skipSpecialTokens)
    {
        bool known = _added.TryGetText(id, out string token) || _model.Vocabulary.TryGetToken(id, out token);
        return known && !(skipSpecialTokens && _added.IsSpecial(token)) ? token : null;
    }

    /// <summary>The id of a token as the file writes it, or null.</summary>
    public int? TokenId(string token) =>
        _added.TryGetId(token, out int id) || _model.Vocabulary.TryGetId(token, out id) ? id : null;

    private TextEncoder NewEncoder() =>
        new(_added, _normalizer, _preTokenizer, new WordEncoder(_model, _symbols, _preTokenizer.ByteLevel));
}
