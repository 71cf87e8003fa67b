using System.Text.Json;

namespace DistZO.Coordinator;

/// <summary>States as the words that JSON, metrics and terminals call them by.</summary>
public static class RunWords
{
    /// <summary><c>training</c>.</summary>
    public static string Of(RunState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());

    /// <summary><c>catching_up</c>.</summary>
    public static string Of(WorkerState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());
}
