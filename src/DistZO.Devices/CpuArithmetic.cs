namespace DistZO.Devices;

/// <summary>
/// The constants of <c>cpu-v1</c>, the arithmetic that losses on CPU devices depend on. Any change is a new version string.
/// Elements of a matrix product: chunks of <see cref="DepthChunk"/> along k, each one chain of fused multiply-adds from zero in the
/// order of k; the chunks' sums are added up in order; the bias comes after. Reductions over features, keys or a vocabulary chunk:
/// 16 partial sums, element i goes to partial i mod 16 in order, then one tree (i with i+8, i+4, i+2, i+1).
/// </summary>
public static class CpuArithmetic
{
    /// <summary>The version string in a run's identity.</summary>
    public const string Version = "cpu-v1";

    /// <summary>k values that one chain of fused multiply-adds covers.</summary>
    public const int DepthChunk = 384;

    /// <summary>Keys that one chain of fused multiply-adds covers in softmax(q·kᵀ)·v.</summary>
    public const int KeyChunk = 256;

    /// <summary>
    /// Queries of a sequence that see their keys together: those after a query's own have weight +0 for it, which shows only where a
    /// value is not finite.
    /// </summary>
    public const int QueryTile = 16;

    /// <summary>Vocabulary rows whose maximum and sum of exponentials are taken together.</summary>
    public const int VocabularyChunk = 96;

    /// <summary>Partial sums of a reduction.</summary>
    public const int PartialSums = 16;
}
