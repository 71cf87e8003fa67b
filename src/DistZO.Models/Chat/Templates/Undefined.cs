namespace DistZO.Models.Chat.Templates;

/// <summary>The value of a name that nothing has: it prints as nothing, is false and empty, and may not be used otherwise.</summary>
/// <param name="Name">What was looked for, for messages.</param>
internal sealed record Undefined(string Name);
