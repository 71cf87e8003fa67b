using System.Text;

namespace DistZO.Models.Tokenizers;

/// <summary>Puts the texts of tokens together again: by ByteLevel, or with spaces between them where the file has no decoder.</summary>
internal sealed class TokenDecoder
{
    private readonly bool _byteLevel;

    private TokenDecoder(bool byteLevel) => _byteLevel = byteLevel;

    /// <summary>Reads <c>decoder</c>.</summary>
    public static TokenDecoder Read(JsonPlace place)
    {
        if (place.IsNull) return new TokenDecoder(byteLevel: false);
        if (place.Type() == "ByteLevel") return new TokenDecoder(byteLevel: true);
        throw place.Unsupported("ByteLevel, null");
    }

    /// <summary>Bytes that are no UTF-8 become U+FFFD.</summary>
    public string Decode(IEnumerable<string> tokens)
    {
        if (!_byteLevel) return string.Join(' ', tokens);
        var bytes = new List<byte>();
        foreach (string token in tokens) ByteLevelAlphabet.AppendBytes(token, bytes);
        return Encoding.UTF8.GetString([.. bytes]);
    }
}
