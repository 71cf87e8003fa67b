using System.Text.Json;

namespace DistZO.Models.Tokenizers;

/// <summary>The model's tokens and their ids, both ways.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<int, string> _tokens;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsBySpan;

    private Vocabulary(Dictionary<string, int> ids)
    {
        _ids = ids;
        _idsBySpan = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _tokens = new Dictionary<int, string>(ids.Count);
        foreach (var (token, id) in ids) _tokens[id] = token;
        HighestId = _tokens.Count == 0 ? -1 : _tokens.Keys.Max();
    }

    /// <summary>The number of tokens; ids may have gaps.</summary>
    public int Count => _ids.Count;

    /// <summary>−1 when empty.</summary>
    public int HighestId { get; }

    public static Vocabulary Read(JsonPlace place)
    {
        if (place.Value.ValueKind != JsonValueKind.Object) throw place.Bad("an object of token to id is needed");
        var ids = new Dictionary<string, int>(place.Value.GetPropertyCount(), StringComparer.Ordinal);
        foreach (var entry in place.Value.EnumerateObject())
        {
            ids[entry.Name] = JsonPlace.IsId(entry.Value, out int id) ? id : place[entry.Name].Id();
        }

        return new Vocabulary(ids);
    }

    public bool TryGetId(ReadOnlySpan<char> token, out int id) => _idsBySpan.TryGetValue(token, out id);

    public bool TryGetToken(int id, out string token)
    {
        bool found = _tokens.TryGetValue(id, out string? text);
        token = text ?? "";
        return found;
    }
}
