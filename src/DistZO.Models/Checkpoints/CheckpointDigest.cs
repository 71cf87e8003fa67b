using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace DistZO.Models;

/// <summary>
/// The digest of a base model: of its logical tensors, whatever files they stand in and in which order.
/// <code>
/// digest   = SHA-256(t₀ ‖ t₁ ‖ …), one tᵢ a tensor, sorted by the UTF-8 bytes of the names
/// tᵢ       = SHA-256(text(name) ‖ text(dtype) ‖ u32(rank) ‖ u64(shape[0]) ‖ … ‖ u64(shape[rank − 1]) ‖ data)
/// text(s)  = u32(length of s in UTF-8 bytes) ‖ those bytes
/// dtype    = as in the safetensors header: F32, BF16, F16, …
/// data     = the tensor's row-major little-endian bytes, as stored
/// </code>
/// All integers are little-endian and unsigned. A hash of hashes, so that tensors can be hashed side by side.
/// </summary>
public static class CheckpointDigest
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>The 32 bytes of the digest of <paramref name="tensors"/>.</summary>
    /// <param name="tensors">Tensors with distinct names, in any order.</param>
    /// <param name="threads">How many tensors to hash side by side.</param>
    public static byte[] Compute(IEnumerable<CheckpointTensor> tensors, int threads)
    {
        var sorted = tensors.Select(tensor => (Tensor: tensor, Name: Encoding.UTF8.GetBytes(tensor.Name))).ToArray();
        Array.Sort(sorted, (a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
        var digests = new byte[sorted.Length * SHA256.HashSizeInBytes];

        // The largest first: a table of embeddings that came last would leave all threads but one idle.
        var order = Enumerable.Range(0, sorted.Length).OrderByDescending(i => sorted[i].Tensor.Bytes);
        Parallel.ForEach(order, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
            HashTensor(sorted[i].Tensor, sorted[i].Name, digests.AsSpan(i * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes)));
        return SHA256.HashData(digests);
    }

    private static void HashTensor(CheckpointTensor tensor, byte[] name, Span<byte> digest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendText(hash, name);
        AppendText(hash, Encoding.UTF8.GetBytes(tensor.DType));
        AppendUInt32(hash, tensor.Shape.Count);
        Span<byte> number = stackalloc byte[8];
        foreach (var size in tensor.Shape)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, size);
            hash.AppendData(number);
        }

        var buffer = new byte[Math.Min(ChunkBytes, tensor.Bytes)];
        for (long offset = 0; offset < tensor.Bytes; offset += buffer.Length)
        {
            var chunk = buffer.AsSpan(0, (int)Math.Min(buffer.Length, tensor.Bytes - offset));
            tensor.ReadBytes(offset, chunk);
            hash.AppendData(chunk);
        }

        hash.GetHashAndReset(digest);
    }

    private static void AppendText(IncrementalHash hash, byte[] text)
    {
        AppendUInt32(hash, text.Length);
        hash.AppendData(text);
    }

    private static void AppendUInt32(IncrementalHash hash, int value)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(number, value);
        hash.AppendData(number);
    }
}
