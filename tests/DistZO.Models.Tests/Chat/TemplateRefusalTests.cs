using System.Text.Json;
using DistZO.Devices;
using DistZO.Models.Chat;

namespace DistZO.Models.Tests.Chat;

public class TemplateRefusalTests
{
    [Theory]
    [InlineData("a\n{% include 'x' %}", "line 2: the statement 'include' is not supported here (supported: if, for, set")]
    [InlineData("{% raw %}", "line 1: the statement 'raw' is not supported")]
    [InlineData("{{ 'a'\n|wordwrap }}", "line 2: the filter 'wordwrap' is not supported (supported: trim, ")]
    [InlineData("{{ a is escaped }}", "line 1: the test 'escaped' is not supported (supported: defined, ")]
    [InlineData("\n\n{{ 1 / 2 }}", "line 3: the operator '/' is not supported")]
    [InlineData("{{ 1.5 }}", "line 1: the number '1.…' is not supported")]
    [InlineData("{% if x %}\n{% if y %}{% endif %}", "line 1: 'if' is not closed by '{% endif %}'")]
    [InlineData("{% for x in y %}", "line 1: 'for' is not closed by '{% endfor %}'")]
    [InlineData("{% break %}", "line 1: 'break' stands outside of a loop")]
    [InlineData("{% endif %}", "line 1: the statement 'endif' is not supported here")]
    [InlineData("x\n{{ 'a", "line 2: the text that ' opens is not closed")]
    [InlineData("x\n{{ a ", "line 2: the tag is not closed by '}}'")]
    [InlineData("{# a", "line 1: the comment '{#' is not closed")]
    [InlineData("{{ a ? b }}", "line 1: '?' has no meaning in a tag")]
    [InlineData("{{ a b }}", "line 1: the end of the tag is needed, not 'b'")]
    [InlineData("{{ f(**x) }}", "line 1: unpacking arguments is not supported")]
    [InlineData("{% for x in y recursive %}{% endfor %}", "line 1: the end of the tag is needed, not 'recursive'")]
    public void Load_UnsupportedOrMalformed_NamesItAndItsLine(string template, string expected)
    {
        var error = Assert.Throws<BadInputException>(() => Chats.Load(template));

        Assert.Contains($"chat_template.jinja': chat template, {expected}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n{{ strftime_now('%d') }}", "line 2: 'strftime_now' is not supported: the rows of a run may not depend on the day")]
    [InlineData("{{ lipsum() }}", "line 1: 'lipsum' is not supported (functions: raise_exception, namespace, range;")]
    [InlineData("{{ [].append(1) }}", "line 1: 'append' is not supported")]
    [InlineData("{{ 'é'.upper() }}", "line 1: 'upper' of text beyond ASCII is not supported")]
    [InlineData("{{ x.y }}", "line 1: 'x' is undefined, so it has no 'y'")]
    [InlineData("{{ 'a' + 1 }}", "line 1: '+' of a text and a number is not supported")]
    [InlineData("{{ 'a' + x }}", "line 1: '+' of a text and undefined (x) is not supported")]
    [InlineData("{{ messages }}", "line 1: a list is printed as it is, which is not supported")]
    [InlineData("{{ 1 // 0 }}", "line 1: '1 // 0' has no value")]
    [InlineData("{{ 9223372036854775807 + 1 }}", "line 1: '9223372036854775807 + 1' has no value")]
    [InlineData("{{ 'a' * 9223372036854775807 }}", "line 1: a text is repeated 9223372036854775807 times")]
    [InlineData("{{ range(1, 999999999)|length }}", "line 1: a range has more than 100000 numbers")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "line 1: macros call each other more than 100 deep")]
    [InlineData("{% set messages.x = 1 %}", "line 1: 'messages' is a list; only attributes of a namespace() can be set")]
    [InlineData("{{ 'a'.split(sep='') }}", "line 1: 'split' needs a separator")]
    [InlineData("{{ 'a'|trim(1) }}", "line 1: the argument 'chars' of 'trim' must be a text, but is a number")]
    [InlineData("{{ 'a'|upper(1) }}", "line 1: 'upper' is called with 1 arguments, which is too many")]
    [InlineData("{{ 'a'|join(seperator='') }}", "line 1: the argument 'seperator' of 'join' is not supported")]
    [InlineData("{{ raise_exception('no\nway') }}", "line 1: the template refuses: no way")]
    public void Render_WhatCannotBeDone_NamesItAndItsLine(string template, string expected)
    {
        var error = Assert.Throws<BadInputException>(() => Chats.Render(template));

        Assert.Contains($"chat_template.jinja': chat template, {expected}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Render_NumbersThatAreNotWhole_AreRefused() => Assert.Contains(
        "the number 0.5 in the messages is not supported",
        Assert.Throws<BadInputException>(() => Chats.Render("a", """[{"role": "user", "x": 0.5}]""")).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("(", "1", ")")]
    [InlineData("[", "1", "]")]
    [InlineData("not ", "1")]
    [InlineData("-", "1")]
    [InlineData("1 + ", "1")]
    [InlineData("", "'a'", "|string")]
    [InlineData("{% if 1 %}", "1", "{% endif %}")]
    public void Render_DeepNesting_IsRefused(string opening, string core, string closing = "")
    {
        static string Template(string inner) => inner.StartsWith("{%", StringComparison.Ordinal) ? inner : $"{{{{ {inner} }}}}";
        static string Many(string text) => string.Concat(Enumerable.Repeat(text, 100_000));

        Assert.Contains(
            "deep",
            Assert.Throws<BadInputException>(() => Chats.Render(Template(Many(opening) + core + Many(closing)))).Message,
            StringComparison.Ordinal);
    }

    /// <summary>Whatever a template holds, it is rendered or refused in one line.</summary>
    [Fact]
    [Trait("Category", "Fuzz")]
    public void Render_RandomlyDamagedTemplate_RendersOrRefuses()
    {
        string[] sound = [ChatShapes.Llama2, ChatShapes.Mistral, ChatShapes.Vicuna, ChatShapes.Zephyr, ChatShapes.Qwen3];
        string[] words =
            ["{%", "%}", "{{", "}}", "{#", "-", "'", "(", ")", "[", "]", "|", ".", " if ", " is ", " not ", "1", "loop", " in ", "none", "~", "\\"];
        using var folder = new TemporaryFolder();
        using var messages = JsonDocument.Parse(Chats.Conversation);
        var random = new Random(31);
        int rendered = 0;
        for (int round = 0; round < Fuzz.Rounds; round++)
        {
            string template = sound[random.Next(sound.Length)];
            for (int edits = random.Next(1, 4); edits > 0; edits--)
            {
                int at = random.Next(template.Length), length = random.Next(Math.Min(12, template.Length - at));
                template = random.Next(3) switch
                {
                    0 => template.Remove(at, length),
                    1 => template.Insert(at, words[random.Next(words.Length)]),
                    _ => template.Insert(random.Next(template.Length), template.Substring(at, length)),
                };
            }

            try
            {
                File.WriteAllText(folder["chat_template.jinja"], template);
                ChatTemplate.Load(folder.Root).Render(messages.RootElement.EnumerateArray(), default, addGenerationPrompt: true);
                rendered++;
            }
            catch (BadInputException e)
            {
                // Any other exception fails the test.
                Assert.DoesNotContain('\n', e.Message);
            }
        }

        Assert.InRange(rendered, 1, Fuzz.Rounds - 1);
    }
}
