using System.CommandLine;
using System.CommandLine.Parsing;
using DistZO.Optimization;

namespace DistZO.Cli.Commands;

/// <summary>Recipe keys as flags, and <c>--config</c>: made from the one table of keys, so that no flag is forgotten.</summary>
internal sealed class RecipeOptions
{
    /// <summary>What the help calls the value of a key.</summary>
    public const string ValueName = "VALUE";

    /// <summary>What it calls that of a switch.</summary>
    public const string SwitchName = "BOOL";

    private readonly Option<string?>? _config;
    private readonly List<(RecipeKey Key, Option<string?> Option)> _flags = [];

    /// <param name="command">Gets the options.</param>
    /// <param name="keys">The keys that the command heeds; any other flag is an error, never ignored.</param>
    /// <param name="hasFile">Whether there is a <c>--config</c>.</param>
    public RecipeOptions(Command command, IEnumerable<RecipeKey> keys, bool hasFile)
    {
        if (hasFile)
        {
            _config = new("--config") { Description = "recipe in YAML; flags override it", HelpName = "FILE" };
            command.Options.Add(_config);
        }

        foreach (var key in keys) Add(command, key);
    }

    /// <summary>A recipe with the file and then the flags of the command line over it.</summary>
    public Recipe Over(Recipe recipe, ParseResult parsed) => Flags(File(recipe, parsed), parsed);

    /// <summary>A recipe with only the file of the command line over it.</summary>
    public Recipe File(Recipe recipe, ParseResult parsed) =>
        _config is not null && parsed.GetValue(_config) is { } path ? recipe.WithYaml(path) : recipe;

    /// <summary>A recipe with only the flags of the command line over it.</summary>
    public Recipe Flags(Recipe recipe, ParseResult parsed) => recipe.WithFlags(
        from flag in _flags
        let given = parsed.GetResult(flag.Option)
        where given is { Implicit: false }
        // A switch may stand without a value: --log-json.
        select (flag.Key.Name, parsed.GetValue(flag.Option) ?? "true"));

    /// <summary>A key that a command does not heed, to say why when it is given: an option that no help shows.</summary>
    public static Option<string?> Hidden(Command command, RecipeKey key)
    {
        var spellings = Spellings(key);
        var option = new Option<string?>(spellings[0], spellings[1..]) { Hidden = true, Arity = ArgumentArity.ZeroOrOne };
        command.Options.Add(option);
        return option;
    }

    /// <summary>
    /// The help shows one spelling of a key, the shortest with dashes; its other names, and all of them with underscores as in the
    /// recipe, are the same flag.
    /// </summary>
    private void Add(Command command, RecipeKey key)
    {
        var spellings = Spellings(key);
        var without = key.DefaultText is "none" or "null" or "~" or "";
        var shown = new Option<string?>(spellings[0])
        {
            Description = without || key.Help.Contains('(') ? key.Help : $"{key.Help} [{key.DefaultText}]",
            HelpName = key.IsSwitch ? SwitchName : ValueName,
        };
        AddOne(command, key, shown);
        if (spellings.Length > 1) AddOne(command, key, new Option<string?>(spellings[1], spellings[2..]) { Hidden = true });
    }

    private static string[] Spellings(RecipeKey key) =>
        [.. key.Aliases.Append(key.Name).SelectMany(name => new[] { "--" + name.Replace('_', '-'), "--" + name }).Distinct()];

    private void AddOne(Command command, RecipeKey key, Option<string?> option)
    {
        option.Arity = key.IsSwitch ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne;
        _flags.Add((key, option));
        command.Options.Add(option);
    }
}
