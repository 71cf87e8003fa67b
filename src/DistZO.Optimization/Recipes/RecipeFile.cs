using System.Text;
using DistZO.Devices;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DistZO.Optimization;

/// <summary>
/// Reads YAML into <see cref="RecipeNode"/>s with the place of each, through YamlDotNet's event parser: one document of scalars,
/// mappings and lists. What a recipe has no use for (anchors, aliases, tags, further documents) is refused, never ignored.
/// </summary>
internal static class RecipeFile
{
    private const int LongestFile = 1 << 20;
    private const int DeepestNesting = 16;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text of a recipe file.</summary>
    public static string ReadText(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > LongestFile) throw new BadInputException($"{path}: {file.Length:N0} bytes; is it really a recipe?");
            using var text = new StreamReader(file, StrictUtf8);
            return text.ReadToEnd();
        }
        catch (DecoderFallbackException e)
        {
            throw new BadInputException($"{path}: not UTF-8 text; save it as UTF-8", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new BadInputException($"cannot read the recipe '{path}' ({e.Message.TrimEnd('.')})", e);
        }
    }

    /// <summary>The document in <paramref name="yaml"/>; <paramref name="source"/> names it in errors. Null if it is empty.</summary>
    public static RecipeNode? Parse(string yaml, string source)
    {
        var parser = new Parser(new StringReader(yaml));
        try
        {
            var next = Next(parser, source);
            if (next is StreamStart) next = Next(parser, source);
            if (next is not DocumentStart) return null;
            var node = ReadNode(parser, source, Next(parser, source), 0);
            _ = Next(parser, source); // DocumentEnd
            var after = Next(parser, source);
            if (after is not StreamEnd) throw new BadInputException($"{Place(source, after.Start)}: a second document; a recipe is one");
            return node;
        }
        catch (YamlException e)
        {
            throw new BadInputException($"{Place(source, e.Start)}: not YAML: {FirstLine(e.Message)}", e);
        }
    }

    private static RecipeNode ReadNode(Parser parser, string source, ParsingEvent at, int depth)
    {
        var place = Place(source, at.Start);
        if (depth > DeepestNesting) throw new BadInputException($"{place}: nested deeper than any recipe is");
        // What a parser would silently resolve or drop.
        if (at is AnchorAlias) throw new BadInputException($"{place}: aliases (*name) are not supported; repeat the value");
        if (at is NodeEvent { Anchor.IsEmpty: false }) throw new BadInputException($"{place}: anchors (&name) are not supported");
        if (at is NodeEvent { Tag.IsEmpty: false }) throw new BadInputException($"{place}: tags (!name) are not supported");
        switch (at)
        {
            case Scalar scalar:
                return new RecipeScalar(place, scalar.Value, scalar.Style == ScalarStyle.Plain);
            case MappingStart:
                return ReadMapping(parser, source, place, depth);
            case SequenceStart:
                var items = new List<RecipeNode>();
                for (var item = Next(parser, source); item is not SequenceEnd; item = Next(parser, source))
                {
                    items.Add(ReadNode(parser, source, item, depth + 1));
                }

                return new RecipeSequence(place, items);
            default:
                throw new BadInputException($"{place}: not a recipe");
        }
    }

    private static RecipeMapping ReadMapping(Parser parser, string source, string place, int depth)
    {
        var entries = new List<KeyValuePair<RecipeScalar, RecipeNode>>();
        var seen = new HashSet<string>();
        for (var at = Next(parser, source); at is not MappingEnd; at = Next(parser, source))
        {
            if (ReadNode(parser, source, at, depth + 1) is not RecipeScalar key)
            {
                throw new BadInputException($"{Place(source, at.Start)}: a key must be one word");
            }

            if (!seen.Add(key.Text)) throw new BadInputException($"{key.Place}: '{key.Text}' stands here a second time; keep one");
            entries.Add(new(key, ReadNode(parser, source, Next(parser, source), depth + 1)));
        }

        return new RecipeMapping(place, entries);
    }

    private static ParsingEvent Next(Parser parser, string source)
    {
        try
        {
            if (parser.MoveNext() && parser.Current is { } current) return current;
        }
        catch (Exception e) when (e is not YamlException and not OutOfMemoryException)
        {
            // On some malformed input YamlDotNet lets exceptions of its insides escape; for the user they are the same thing.
            throw new BadInputException($"{Place(source, parser.Current?.End ?? Mark.Empty)}: not YAML near here", e);
        }

        throw new BadInputException($"{source}: ends too early");
    }

    private static string Place(string source, Mark mark) => $"{source}:{mark.Line}:{mark.Column}";

    private static string FirstLine(string message) => message.Split('\n')[0].TrimEnd('.', '\r');
}
