using System.CommandLine;
using System.CommandLine.Parsing;
using DistZO.Optimization;

namespace DistZO.Cli.Commands;

/// <summary>Every recipe key as a flag, and <c>--config</c>: made from the one table of keys, so that no flag is forgotten.</summary>
internal sealed class RecipeOptions
{
    private readonly Option<string?> _config = new("--config") { Description = "recipe in YAML; flags override it", HelpName = "FILE" };
    private readonly List<(RecipeKey Key, Option<string?> Option)> _flags = [];

    /// <param name="command">Gets the options.</param>
    /// <param name="keys">Which keys; null for all.</param>
    public RecipeOptions(Command command, IEnumerable<RecipeKey>? keys = null)
    {
        command.Options.Add(_config);
        foreach (var key in keys ?? RecipeKeys.All)
        {
            string[] names = [.. key.Aliases, key.Name];
            var spellings = names.SelectMany(name => new[] { "--" + name.Replace('_', '-'), "--" + name }).Distinct().ToArray();
            var option = new Option<string?>(spellings[0], spellings[1..]) { Description = key.Help, HelpName = "VALUE", Arity = ArgumentArity.ZeroOrOne };
            _flags.Add((key, option));
            command.Options.Add(option);
        }
    }

    /// <summary>The recipe that the command line asks for: a base, then the file, then the flags.</summary>
    public Recipe Read(ParseResult parsed)
    {
        var recipe = parsed.GetValue(_config) is { } path ? Recipe.FromYaml(path) : Recipe.Default;
        return Override(recipe, parsed);
    }

    /// <summary>A recipe with the flags of the command line over it.</summary>
    public Recipe Override(Recipe recipe, ParseResult parsed) => recipe.WithFlags(Given(parsed));

    /// <summary>Whether the command line names a recipe file.</summary>
    public bool HasFile(ParseResult parsed) => parsed.GetValue(_config) is not null;

    private IEnumerable<(string Key, string Value)> Given(ParseResult parsed)
    {
        foreach (var (key, option) in _flags)
        {
            // A switch may stand without a value: --log-json.
            if (parsed.GetResult(option) is OptionResult { Implicit: false }) yield return (key.Name, parsed.GetValue(option) ?? "true");
        }
    }
}
