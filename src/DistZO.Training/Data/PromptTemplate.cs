using System.Text;
using DistZO.Devices;

namespace DistZO.Training;

/// <summary>
/// Text with fields of a row in it: <c>{name}</c> stands for the field's text (a number or a boolean by its JSON text), <c>{{</c> and
/// <c>}}</c> for braces.
/// </summary>
public sealed class PromptTemplate
{
    private readonly string _key;
    private readonly List<(string Text, bool IsField)> _parts = [];

    /// <summary>
    /// Parses a template. <paramref name="key"/> names it in errors (the recipe's key). Throws <see cref="BadInputException"/> for a
    /// brace that is not closed, not opened, or empty.
    /// </summary>
    public PromptTemplate(string template, string key)
    {
        _key = key;
        var text = new StringBuilder();
        for (int i = 0; i < template.Length; i++)
        {
            char c = template[i];
            bool doubled = i + 1 < template.Length && template[i + 1] == c;
            if (c is '{' or '}' && doubled)
            {
                text.Append(c);
                i++;
            }
            else if (c == '{')
            {
                int end = template.IndexOf('}', i);
                if (end < 0) throw Error(i, "\"{\" is not closed; write \"{field}\", or \"{{\" for a brace");
                string name = template[(i + 1)..end].Trim();
                if (name.Length == 0 || name.Contains('{')) throw Error(i, "a field's name is missing between braces; write \"{field}\"");
                Flush(text);
                _parts.Add((name, true));
                i = end;
            }
            else if (c == '}')
            {
                throw Error(i, "\"}\" was not opened; write \"}}\" for a brace");
            }
            else
            {
                text.Append(c);
            }
        }
        Flush(text);
    }

    /// <summary>The fields that a row must have.</summary>
    public IEnumerable<string> Fields => _parts.Where(part => part.IsField).Select(part => part.Text).Distinct();

    /// <summary>The template with the row's fields in place.</summary>
    public string Render(JsonlRow row)
    {
        var text = new StringBuilder();
        foreach (var part in _parts)
        {
            if (!part.IsField)
            {
                text.Append(part.Text);
                continue;
            }
            if (!row.Has(part.Text))
            {
                throw row.Error($"the template \"{_key}\" wants the field \"{part.Text}\"; the row has {row.FieldList()}");
            }
            text.Append(row.Text(part.Text));
        }
        return text.ToString();
    }

    private void Flush(StringBuilder text)
    {
        if (text.Length > 0) _parts.Add((text.ToString(), false));
        text.Clear();
    }

    private BadInputException Error(int at, string problem) => new($"template \"{_key}\", character {at + 1}: {problem}");
}
