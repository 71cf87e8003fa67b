using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The weights digest (<see cref="WeightsDigest"/>) of weights in files, each tensor in its own number format. Where the files hold a
/// run's weights in the run's own format, it equals the run's.
/// </summary>
public static class StoredWeightsDigest
{
    // A multiple of 8 bytes, so that slices begin at whole words.
    private const int ChunkBytes = 1 << 20;

    /// <summary>The digest of <paramref name="tensors"/>, whose places in the list are their numbers.</summary>
    /// <param name="tensors">In the order of the layout.</param>
    /// <param name="threads">How many tensors to read side by side.</param>
    /// <exception cref="BadInputException">A weight is not finite; the message names it.</exception>
    public static UInt128 Compute(IReadOnlyList<CheckpointTensor> tensors, int threads)
    {
        var parts = new UInt128[tensors.Count];
        Parallel.For(0, tensors.Count, new ParallelOptions { MaxDegreeOfParallelism = threads }, i => parts[i] = Of(tensors[i], (uint)i));
        UInt128 sum = 0;
        foreach (var part in parts) sum += part;
        return sum;
    }

    private static UInt128 Of(CheckpointTensor tensor, uint number)
    {
        var type = SafetensorsTypes.ToWeightType(tensor.DType);
        var buffer = new byte[Math.Min(ChunkBytes, tensor.Bytes)];
        UInt128 sum = 0;
        for (long offset = 0; offset < tensor.Bytes; offset += buffer.Length)
        {
            var chunk = buffer.AsSpan(0, (int)Math.Min(buffer.Length, tensor.Bytes - offset));
            tensor.ReadBytes(offset, chunk);
            if (type is { } weights && WeightConversion.FindNonFinite(chunk, weights) is var bad and >= 0)
            {
                throw new BadInputException(
                    $"'{tensor.Path}': tensor '{tensor.Name}' has a weight that is not finite, at index {(offset / weights.Size()) + bad}; "
                    + "the file is damaged or of a run that diverged");
            }

            sum += WeightsDigest.Sum(chunk, offset / 8, number);
        }

        return sum;
    }
}
