namespace DistZO.Models.Chat.Templates;

/// <summary>A loop over the items of a value that meet its condition, or what stands for it where there are none.</summary>
internal sealed record ForLoop(
    int Line, IReadOnlyList<string> Names, Expression Source, Expression? Condition, Statement Body, Statement? Otherwise) : Statement
{
    public override Flow Run(Scope scope)
    {
        object? source = Source.Evaluate(scope);
        scope.Rendering.Line = Line;
        var items = Values.Items(source).Where(item => Condition is null || Values.IsTrue(Condition.Evaluate(Pass(scope, item)))).ToList();
        if (items.Count == 0) return Otherwise?.Run(scope.Inner()) ?? Flow.Next;

        for (int i = 0; i < items.Count; i++)
        {
            var pass = Pass(scope, items[i]);
            pass["loop"] = Facts(items, i);
            if (Body.Run(pass) == Flow.Break) break;
        }

        return Flow.Next;
    }

    private Scope Pass(Scope scope, object? item)
    {
        var pass = scope.Inner();
        Set.Assign(pass, Names, item);
        return pass;
    }

    private static Namespace Facts(List<object?> items, int at)
    {
        var loop = new Namespace();
        loop.Values["index"] = at + 1L;
        loop.Values["index0"] = (long)at;
        loop.Values["revindex"] = (long)(items.Count - at);
        loop.Values["revindex0"] = items.Count - at - 1L;
        loop.Values["first"] = at == 0;
        loop.Values["last"] = at == items.Count - 1;
        loop.Values["length"] = (long)items.Count;
        loop.Values["previtem"] = at == 0 ? new Undefined("previtem") : items[at - 1];
        loop.Values["nextitem"] = at == items.Count - 1 ? new Undefined("nextitem") : items[at + 1];
        TemplateFunction cycle = arguments =>
        {
            var values = arguments.TakeAll();
            return values.Count == 0 ? throw new TemplateProblem("'cycle' needs values") : values[at % values.Count];
        };
        loop.Values["cycle"] = cycle;
        return loop;
    }
}
