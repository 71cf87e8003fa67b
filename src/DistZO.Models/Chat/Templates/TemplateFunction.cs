namespace DistZO.Models.Chat.Templates;

/// <summary>A value that can be called: a global function, a macro, or a method of the value that it was read from.</summary>
internal delegate object? TemplateFunction(Arguments arguments);
