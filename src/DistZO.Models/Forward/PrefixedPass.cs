using DistZO.Devices;

namespace DistZO.Models;

/// <summary>A pass of a model with a trained prefix: the same tokens, each sequence behind rows of the prefix.</summary>
internal static class PrefixedPass
{
    /// <summary>Moves the sequences of a pass behind a prefix.</summary>
    /// <param name="pass">The pass; its sequences that have no prefix get the trained one, and others come after one that has it.</param>
    /// <param name="length">Tokens of the trained prefix.</param>
    /// <param name="rows">Rows that keys and values take.</param>
    public static Pass Of(Pass pass, int length, out int rows)
    {
        var sequences = new TokenSequence[pass.Sequences.Count];
        // Where the trained prefix of the sequence that begins at a token row is.
        var starts = new Dictionary<int, int>();
        rows = 0;
        for (var i = 0; i < sequences.Length; i++)
        {
            var sequence = pass.Sequences[i];
            var prefixStart = rows;
            if (sequence.PrefixLength == 0)
            {
                starts[sequence.Start] = rows;
                rows += length;
            }
            else
            {
                prefixStart = starts[sequence.PrefixStart];
            }

            sequences[i] = new TokenSequence(sequence.Start, sequence.Length, prefixStart, sequence.PrefixLength + length) { KeyStart = rows };
            rows += sequence.Length;
        }

        return pass with { Sequences = sequences };
    }
}
