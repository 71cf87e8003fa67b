namespace DistZO.Models.Chat.Templates;

/// <summary>Reading parts of values, by attribute, key, position or slice.</summary>
internal static class Access
{
    /// <summary><c>value.name</c>: a method first, then an item, as in Jinja.</summary>
    public static object? Attribute(object? value, string name)
    {
        if (value is Undefined missing) throw new TemplateProblem($"'{missing.Name}' is undefined, so it has no '{name}'");
        if (value is Namespace space) return space.Values.TryGetValue(name, out var set) ? set : new Undefined(name);
        if (Methods.Find(value, name) is { } method) return method;
        return value is OrderedDictionary<string, object?> map && map.TryGetValue(name, out var item) ? item : new Undefined(name);
    }

    /// <summary><c>value[key]</c></summary>
    public static object? Item(object? value, object? key)
    {
        switch (value, key)
        {
            case (Undefined missing, _):
                throw new TemplateProblem($"'{missing.Name}' is undefined, so it has no items");
            case (OrderedDictionary<string, object?> map, string name) when map.TryGetValue(name, out var item):
                return item;
            case (List<object?> list, long or bool):
                long at = Position(key, list.Count);
                return at >= 0 && at < list.Count ? list[(int)at] : new Undefined($"item {key}");
            case (string text, long or bool):
                var characters = PythonText.Characters(text);
                long place = Position(key, characters.Count);
                return place >= 0 && place < characters.Count ? characters[(int)place] : new Undefined($"item {key}");
            case (not null, string name):
                return Attribute(value, name);
            default:
                return new Undefined($"item {(key is string or long or bool or null ? Values.Print(key) : Values.Kind(key))}");
        }
    }

    /// <summary><c>value[start:stop:step]</c> of a list or a text; null where a bound is left out.</summary>
    public static object? Slice(object? value, long? start, long? stop, long? step)
    {
        if (step == 0) throw new TemplateProblem("the step of a slice must not be 0");
        switch (value)
        {
            case string text:
                return string.Concat(Range([.. PythonText.Characters(text)], start, stop, step ?? 1));
            case List<object?> list:
                return Range(list, start, stop, step ?? 1);
            default:
                throw new TemplateProblem($"{Values.Kind(value)} cannot be sliced");
        }
    }

    private static long Position(object? key, int count)
    {
        long at = Values.Integer(key, "a position");
        return at < 0 ? at + count : at;
    }

    private static List<object?> Range(List<object?> items, long? start, long? stop, long step)
    {
        int lowest = step > 0 ? 0 : -1, highest = step > 0 ? items.Count : items.Count - 1;
        long from = start is { } s ? Bound(s) : step > 0 ? lowest : highest;
        long to = stop is { } e ? Bound(e) : step > 0 ? highest : lowest;
        var part = new List<object?>();
        step = Math.Clamp(step, -items.Count - 1, items.Count + 1);
        for (long at = from; step > 0 ? at < to : at > to; at += step) part.Add(items[(int)at]);
        return part;

        long Bound(long at) => Math.Clamp(at < 0 ? at + items.Count : at, lowest, highest);
    }
}
