using System.Text.Json;
using DistZO.Devices;
using DistZO.Models.Chat.Templates;

namespace DistZO.Models.Chat;

/// <summary>
/// A model's chat template: Jinja, of which docs/chat-templates.md lists what is supported. What it asks for beyond that is refused
/// by name and line. Its text equals what <c>apply_chat_template</c> of Transformers makes. Immutable, and for any number of threads.
/// </summary>
public sealed class ChatTemplate
{
    private readonly Statement _template;
    private readonly Dictionary<string, string> _tokens;

    private ChatTemplate(string file, Statement template, Dictionary<string, string> tokens) =>
        (File, _template, _tokens) = (file, template, tokens);

    /// <summary>Where the template stands.</summary>
    public string File { get; }

    /// <summary>Reads the template of a model directory: chat_template.jinja, or chat_template in tokenizer_config.json.</summary>
    /// <exception cref="BadInputException">
    /// There is none; a file is damaged; or the template is not well formed or not supported (file, line and name are told).
    /// </exception>
    public static ChatTemplate Load(string directory)
    {
        var (template, file) = ChatTemplateFile.Find(directory);
        try
        {
            return new ChatTemplate(file, TemplateParser.Parse(template), ChatTemplateFile.SpecialTokens(directory));
        }
        catch (TemplateProblem e)
        {
            throw Bad(file, e.Line ?? 1, e);
        }
    }

    /// <summary>The text of a conversation.</summary>
    /// <param name="messages">The messages, each a JSON object, as a rule with "role" and "content".</param>
    /// <param name="tools">The tools that the assistant can call, a JSON list; null or undefined for none.</param>
    /// <param name="addGenerationPrompt">Whether to end with what precedes the assistant's next message.</param>
    /// <exception cref="BadInputException">The template refuses the messages, or cannot be carried out; names file and line.</exception>
    public string Render(IEnumerable<JsonElement> messages, JsonElement tools, bool addGenerationPrompt)
    {
        var rendering = new Rendering();
        var scope = new Scope(null, rendering);
        Functions.AddTo(scope);
        foreach (var (name, token) in _tokens) scope[name] = token;
        try
        {
            scope["messages"] = messages.Select(ChatValues.Of).ToList();
            scope["tools"] = ChatValues.Of(tools);
            scope["documents"] = null;
            scope["add_generation_prompt"] = addGenerationPrompt;
            _template.Run(scope.Inner());
            return rendering.Output.ToString();
        }
        catch (TemplateProblem e)
        {
            throw Bad(File, rendering.Line, e);
        }
    }

    private static BadInputException Bad(string file, int line, TemplateProblem problem) =>
        new($"'{file}': chat template, line {line}: {problem.Message.ReplaceLineEndings(" ")}", problem);
}
