namespace DistZO.Models;

/// <summary>The tokens that end a text, as a checkpoint's files say: generation_config.json, or config.json where it is silent.</summary>
public static class EndTokens
{
    /// <summary>Reads <c>eos_token_id</c>, a number or a list of them; empty if there is none.</summary>
    /// <exception cref="Devices.BadInputException">One is negative.</exception>
    public static IReadOnlyList<int> Of(Checkpoint checkpoint)
    {
        var path = Path.Combine(checkpoint.Directory, "generation_config.json");
        var own = File.Exists(path) ? Read(ModelConfig.Read(path)) : [];
        return own.Count > 0 ? own : Read(checkpoint.Config);
    }

    private static IReadOnlyList<int> Read(ModelConfig config)
    {
        var tokens = config.GetInts("eos_token_id");
        return tokens.All(token => token >= 0) ? tokens : throw config.Unsupported("eos_token_id", "tokens are 0 or more.");
    }
}
