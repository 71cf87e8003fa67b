namespace DistZO.Optimization;

/// <summary>What a repair did.</summary>
/// <param name="StepsKept">The steps that the ledger holds now.</param>
/// <param name="StepsLost">Records that were found behind the damage and are gone. A destroyed one may leave no trace to count.</param>
/// <param name="BytesKept">How long the file is now.</param>
/// <param name="BytesCut">How much shorter that is; 0 if it was sound.</param>
public sealed record LedgerRepair(long StepsKept, long StepsLost, long BytesKept, long BytesCut)
{
    /// <summary>
    /// Counts records from a byte on, whatever stands between them: where no sound frame begins, one is looked for a byte further. The
    /// damaged record itself counts, if its frame still tells where it ends.
    /// </summary>
    internal static long CountRecords(string path, long from)
    {
        using var file = File.OpenRead(path);
        file.Position = from;
        var bytes = new byte[checked((int)Math.Min(file.Length - from, 1 << 30))];
        var got = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var left = bytes.AsSpan(0, got);
        var count = 0L;
        while (left.Length >= RecordFrame.PrefixSize)
        {
            var length = RecordFrame.PayloadLength(left);
            var whole = length is { } payload ? RecordFrame.PrefixSize + payload + RecordFrame.SuffixSize : int.MaxValue;
            if (whole <= left.Length)
            {
                count++;
                left = left[whole..];
            }
            else
            {
                left = left[1..];
            }
        }

        return count;
    }
}
