using DistZO.Devices;

namespace DistZO.Models;

/// <summary>A pass in what decides how much memory it takes: the most of each that the passes of a run may have.</summary>
/// <param name="Probes">How they see the weights.</param>
/// <param name="Samples">Sequences that begin in it.</param>
/// <param name="Tokens">Of all of them.</param>
/// <param name="Longest">The longest sequence, with what it has in front of it.</param>
/// <param name="Rows">Tokens at which something is predicted.</param>
/// <param name="Targets">Log-probabilities that are wanted.</param>
public readonly record struct PassSize(IReadOnlyList<Probe> Probes, int Samples, int Tokens, int Longest, int Rows, int Targets)
{
    /// <summary>Tokens whose keys and values are held, of a pass that reads prompts to write on; 0 of one that scores.</summary>
    public int HeldTokens { get; init; }
}
