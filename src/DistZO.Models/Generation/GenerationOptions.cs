namespace DistZO.Models;

/// <summary>How text is generated.</summary>
public sealed record GenerationOptions
{
    /// <summary>The most tokens a prompt is continued by; a model that cannot hold so many stops sooner.</summary>
    public int MaxNewTokens { get; init; } = 50;

    /// <summary>0 takes the likeliest token each time (greedy). Otherwise logits are divided by it, and a token is drawn.</summary>
    public double Temperature { get; init; }

    /// <summary>Draws among so many of the likeliest tokens; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Draws among the fewest of the likeliest tokens that have this much probability together; 1 for all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Ends a text before the first of these that it contains.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Tokens that end a text and are not part of it.</summary>
    public IReadOnlyCollection<int> EndTokens { get; init; } = [];
}

/// <summary>Why a text ended.</summary>
public enum FinishReason
{
    /// <summary>A token that ends texts.</summary>
    EndToken,

    /// <summary>A stop string.</summary>
    Stop,

    /// <summary>As many tokens as were wanted, or as the model can hold.</summary>
    Length,

    /// <summary>The model's logits were not numbers: the weights have diverged.</summary>
    NotFinite,
}

/// <summary>A continuation.</summary>
/// <param name="Tokens">New tokens; a token that ends the text comes last.</param>
/// <param name="Text">What they say, without special tokens, cut before a stop string.</param>
/// <param name="Reason">Why it ended.</param>
public sealed record GeneratedText(int[] Tokens, string Text, FinishReason Reason);
