namespace DistZO.Models.Tests.Chat;

/// <summary>The language of templates. Expectations are what Python's jinja2 gives with trim_blocks and lstrip_blocks.</summary>
public class TemplateLanguageTests
{
    [Theory]
    [InlineData("{{ 1 + 2 * 3 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 - -3 }}", "7 -4 2 -2 5")]
    [InlineData("{{ 'a' ~ 1 ~ true ~ none ~ x }}|{{ 'a' + 'b' \"c\" }}|{{ 'ab' * 2 }}", "a1TrueNone|abc|abab")]
    [InlineData("{{ 'x\\n\\\\\\'\\x41\\u00e9\\U0001F600\\q' }}", "x\n\\'Aé\U0001F600\\q")]
    [InlineData("{{ 1 if x else 2 if none else 3 }}|{{ 1 if x }}", "3|")]
    [InlineData("{{ not 1 == 2 }} {{ 1 or 2 }} {{ 0 or '' or 'z' }} {{ 0 and 1 }} {{ not x is defined }}", "True 1 z 0 True")]
    [InlineData("{{ 1 < 2 < 3 }} {{ 1 < 2 > 5 }} {{ 1 == true }} {{ 'z' not in 'abc' }} {{ 'k' in {'k': 1} }} {{ [1, [2]] == [1, [2]] }}",
        "True False True True True True")]
    [InlineData("{{ [1, 2, 3][-1] }}{{ [1][9] }} {{ 'a😀c'[1] }} {{ 'a😀c'|length }} {{ 'a😀c'[::-1] }} {{ 'abc'[:-1] }}", "3 😀 3 c😀a ab")]
    [InlineData("{{ [1,2,3,4][1:3]|join(',') }} {{ [1,2,3][5::-1]|join }} {{ [1,2,3][-9:2]|join }} {{ 'abcdef'[4:1:-2] }}",
        "2,3 321 12 ec")]
    [InlineData("{{ messages[0].role }} {{ messages[0]['content'] }} {{ messages[-1].zz is defined }} {{ messages[0].get('zz', 7) }}",
        "user q False 7")]
    [InlineData("{{ [] is iterable }} {{ {} is mapping }} {{ 3 is odd }} {{ 4 is not divisibleby 3 }} {{ 4 is eq(4) }} {{ 1 is true }}",
        "True True True True True False")]
    [InlineData("{{ (1, 2)|join('-') }} {{ ()|length }} {{ {'a': 1, 'b': 2,}|length }}", "1-2 0 2")]
    public void Render_Expressions_HaveTheirValue(string template, string expected) => Assert.Equal(expected, Chats.Render(template));

    [Theory]
    [InlineData("{{ ' a  b '.split()|join('|') }} {{ 'a,b,c'.split(',', 1)|join('|') }} {{ 'a,b,c'.rsplit(',', 1)|join('|') }}",
        "a|b a|b,c a,b|c")]
    [InlineData("{{ 'xxaxx'.strip('x') }}{{ 'xya'.lstrip('yx') }}{{ ' b '.rstrip() }} {{ '\\x1fc\\u3000'.strip() }}", "aa b c")]
    [InlineData("{{ 'abc'.startswith('a') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'aXbX'.replace('X', '-', 1) }} {{ 'abcb'.find('c') }}",
        "True True a-bX 2")]
    [InlineData("{{ \"it's x2y\".title() }} {{ 'aBC dE'.capitalize() }} {{ 'aB'.upper() }} {{ 'aB'|lower }}", "It'S X2Y Abc de AB ab")]
    [InlineData("{{ x|default('d') }}{{ ''|default('d') }}{{ ''|d('e', true) }} {{ x|length }} {{ []|first }}{{ 'abc'|last }}", "de 0 c")]
    [InlineData("{{ messages|map(attribute='role')|join }} {{ messages|selectattr('role', 'equalto', 'user')|list|length }} {{ [1,2,3]|reject('odd')|join }}",
        "user 1 2")]
    [InlineData("{{ {'a': [1, {}], 'é': '\"\\n\\x01'}|tojson }}", """{"a": [1, {}], "é": "\"\n\u0001"}""")]
    [InlineData("{{ [1, {'x': []}]|tojson(indent=2) }}", "[\n  1,\n  {\n    \"x\": []\n  }\n]")]
    [InlineData("{{ 'a\\n\\nb'|indent(2) }} {{ '5'|int + 1 }} {{ 'x'|int(3) }} {{ [1,2]|reverse|join }}", "a\n\n  b 6 3 21")]
    [InlineData("{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %}", "a=1;b=2;")]
    public void Render_FiltersAndMethods_ArePythons(string template, string expected) => Assert.Equal(expected, Chats.Render(template));

    [Theory]
    [InlineData("{% for i in range(3) %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.first }}{{ loop.last }}{{ loop.nextitem }} {% endfor %}",
        "103TrueFalse1 212FalseFalse2 321FalseTrue ")]
    [InlineData("{% for i in x %}a{% else %}none{% endfor %}{% for i in range(5) if i is odd %}{{ loop.index }}{{ i }}{% endfor %}",
        "none1123")]
    [InlineData("{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}",
        "013")]
    [InlineData("{% for a in 'xy' %}{% for b in [3] %}{{ loop.index }}{{ a }}{% endfor %}{{ loop.index }}{% endfor %}", "1x11y2")]
    [InlineData("{% set a = 1 %}{% for i in [5] %}{% set a = 2 %}{{ a }}{% endfor %}{{ a }}{% if true %}{% set a = 3 %}{% endif %}{{ a }}",
        "213")]
    [InlineData("{% set n = namespace(x=1) %}{% for i in range(3) %}{% set n.x = n.x + i %}{% endfor %}{{ n.x }}{{ n.y }}", "4")]
    [InlineData("{% set b, c = 1, 2 %}{{ b }}{{ c }}{% set d %}in {{ b }}{% endset %}{{ d|upper }}", "12IN 1")]
    [InlineData("{% macro m(a, b='z') %}<{{ a }}{{ b }}>{% endmacro %}{{ m(1) }}{{ m(b=3, a=4) }}{{ m(m()) }}", "<1z><43><<z>z>")]
    [InlineData("{% macro f(n) %}{% if n > 1 %}{{ n }}*{{ f(n - 1) }}{% else %}1{% endif %}{% endmacro %}{{ f(3) }}", "3*2*1")]
    [InlineData("{% if x %}a{% elif messages %}b{% else %}c{% endif %}{% generation %}g{% endgeneration %}", "bg")]
    [InlineData("{{ strftime_now('%Y') if strftime_now is defined else 'fixed' }}", "fixed")]
    public void Render_Statements_AreCarriedOut(string template, string expected) => Assert.Equal(expected, Chats.Render(template));

    [Theory]
    [InlineData("a\n  {% if true %}\n  b\n  {% endif %}\n c\n", "a\n  b\n c")]
    [InlineData("  {% if true %}x{% endif %}  \n  {% if true %}y{% endif %}", "x  \ny")]
    [InlineData("a\n\n  {%- if true -%}\n\n  b\n  {%- endif %}\n  c\n\n", "ab  c\n")]
    [InlineData("  {# c #}\n x\n  {#- c -#}\n y\n", " xy")]
    [InlineData("{%+ if true +%}\n a\n  {%+ endif +%}\n b", "\n a\n  \n b")]
    [InlineData("a\r\n{% if true %}\r\nb\r\n{% endif %}\rc\r\n", "a\nb\nc")]
    [InlineData("  {{ 1 -}}\n\n {{- 2 }}\n", "  12")]
    [InlineData("{ {{ '}}' }} } {{ {'a': {'b': 1}}['a']['b'] }} {%", null)]
    [InlineData("{ {{ '}}' }} } {{ {'a': {'b': 1}}['a']['b'] }}{{ '{#' }}", "{ }} } 1{#")]
    [InlineData("\t {% if true %}\n\tz\n\t{% endif %}", "\tz\n")]
    public void Render_WhiteSpace_IsTrimmedAsByJinja(string template, string? expected)
    {
        if (expected is null) Assert.Throws<Devices.BadInputException>(() => Chats.Render(template));
        else Assert.Equal(expected, Chats.Render(template));
    }
}
