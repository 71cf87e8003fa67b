namespace DistZO.Models;

/// <summary>The tokens that end a text, as a checkpoint's files say: generation_config.json, or config.json where it is silent.</summary>
public static class EndTokens
{
    /// <summary>Reads <c>eos_token_id</c>, a number or a list of them; empty if there is none.</summary>
    public static IReadOnlyList<int> Of(Checkpoint checkpoint)
    {
        var path = Path.Combine(checkpoint.Directory, "generation_config.json");
        var own = File.Exists(path) ? ModelConfig.Read(path).GetInts("eos_token_id") : [];
        return own.Count > 0 ? own : checkpoint.Config.GetInts("eos_token_id");
    }
}
