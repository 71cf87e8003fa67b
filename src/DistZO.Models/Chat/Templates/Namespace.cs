namespace DistZO.Models.Chat.Templates;

/// <summary>What <c>namespace()</c> makes: the one value whose attributes can be set, and so outlive a loop.</summary>
internal sealed class Namespace
{
    public Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);
}
