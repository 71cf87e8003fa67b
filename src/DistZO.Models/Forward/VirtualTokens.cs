using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Passes of a model with trained virtual tokens in front of every sequence.</summary>
internal static class VirtualTokens
{
    /// <summary>Moves the sequences of a pass behind virtual tokens, whose keys and values stand in front of theirs.</summary>
    /// <param name="pass">The pass; its sequences that have no prefix get the virtual tokens, and others come after one that has them.</param>
    /// <param name="count">Virtual tokens.</param>
    /// <param name="rows">Rows that keys and values take.</param>
    public static Pass Behind(Pass pass, int count, out int rows)
    {
        var sequences = new TokenSequence[pass.Sequences.Count];
        // Where the virtual tokens of the sequence that begins at a token row are.
        var starts = new Dictionary<int, int>();
        rows = 0;
        for (var i = 0; i < sequences.Length; i++)
        {
            var sequence = pass.Sequences[i];
            var prefixStart = rows;
            if (sequence.PrefixLength == 0)
            {
                starts[sequence.Start] = rows;
                rows += count;
            }
            else
            {
                prefixStart = starts[sequence.PrefixStart];
            }

            sequences[i] = new TokenSequence(sequence.Start, sequence.Length, prefixStart, sequence.PrefixLength + count) { KeyStart = rows };
            rows += sequence.Length;
        }

        return pass with { Sequences = sequences };
    }

    /// <summary>Makes virtual tokens rows of a pass, for a model that trains what they are embedded as.</summary>
    /// <param name="pass">As <see cref="Behind"/> gives it, or one over a cache whose first rows of a sequence are the virtual tokens.</param>
    /// <param name="count">Virtual tokens.</param>
    /// <param name="rows">Token rows of the pass; they become those of the result.</param>
    /// <param name="virtualRows">Receives the token rows of the virtual tokens: <paramref name="count"/> for each sequence that begins here.</param>
    public static Pass Inline(Pass pass, int count, int[] rows, List<int> virtualRows)
    {
        virtualRows.Clear();
        var tokens = new List<int>();
        var moved = new int[pass.Tokens.Length];
        var sequences = new TokenSequence[pass.Sequences.Count];
        for (var i = 0; i < sequences.Length; i++)
        {
            var sequence = pass.Sequences[i];
            var begins = sequence.PrefixLength == count;
            sequences[i] = begins
                ? new TokenSequence(tokens.Count, sequence.Length + count, 0, 0) { KeyStart = sequence.PrefixStart }
                : sequence with { Start = tokens.Count, KeyStart = sequence.KeyStart };
            for (var v = 0; begins && v < count; v++)
            {
                virtualRows.Add(tokens.Count);
                // Any token: what it is embedded as is replaced.
                tokens.Add(0);
            }

            for (var at = sequence.Start; at < sequence.Start + sequence.Length; at++)
            {
                moved[at] = tokens.Count;
                tokens.Add(pass.Tokens.Span[at]);
            }
        }

        for (var i = 0; i < rows.Length; i++) rows[i] = moved[rows[i]];
        return pass with { Tokens = tokens.ToArray(), Sequences = sequences };
    }
}
