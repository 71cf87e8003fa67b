namespace DistZO.Devices;

/// <summary>
/// cpu-v1 in plain scalar loops: the specification of every kernel. The CPU device equals it bit for bit at any width and thread
/// count. It is also what runs where no vector instructions are to be had, slowly.
/// </summary>
public sealed unsafe class ReferenceDevice : Device
{
    public override string Arithmetic => CpuArithmetic.Version;

    public override string Description => "CPU, scalar reference";

    public override DeviceMemory Allocate(long bytes) => new ReferenceMemory(bytes);

    public override void Upload(ReadOnlySpan<byte> source, DeviceMemory destination, long offset) =>
        source.CopyTo(new Span<byte>(Memory(destination) + offset, source.Length));

    public override void Download(DeviceMemory source, long offset, Span<byte> destination) =>
        new ReadOnlySpan<byte>(Memory(source) + offset, destination.Length).CopyTo(destination);

    public override Activations CreateActivations(int features) => new RowActivations(features);

    public override void Lookup(Pass pass, Parameter table, ReadOnlySpan<int> rows, Activations y, bool accumulate, bool foldsElsewhere)
    {
        if (!foldsElsewhere) Fold(table, pass.Updates, pass.Step);
        var to = (RowActivations)y;
        to.Resize(rows.Length, pass.Probes.Count);
        for (var probe = 0; probe < pass.Probes.Count; probe++)
        {
            for (var t = 0; t < rows.Length; t++)
            {
                var view = ReadView(pass, table, (long)rows[t] * table.Columns, table.Columns, pass.Probes[probe]);
                var row = to.Row(probe, t);
                for (var i = 0; i < row.Length; i++) row[i] = accumulate ? row[i] + view[i] : view[i];
            }
        }
    }

    public override void Linear(Pass pass, Parameter weight, Parameter? bias, Activations x, Activations y, Activation activation, bool accumulate)
    {
        Fold(weight, pass.Updates, pass.Step);
        if (bias is not null) Fold(bias, pass.Updates, pass.Step);
        var (from, to) = ((RowActivations)x, (RowActivations)y);
        to.Resize(x.Tokens, pass.Probes.Count);
        for (var probe = 0; probe < pass.Probes.Count; probe++)
        {
            var b = bias is null ? null : ReadView(pass, bias, 0, y.Features, pass.Probes[probe]);
            for (var n = 0; n < y.Features; n++)
            {
                var w = ReadView(pass, weight, (long)n * x.Features, x.Features, pass.Probes[probe]);
                for (var t = 0; t < x.Tokens; t++)
                {
                    var v = Dot(w, from.Row(probe, t), CpuArithmetic.DepthChunk);
                    if (b is not null) v += b[n];
                    if (activation == Activation.Relu && v < 0) v = 0f;
                    ref var cell = ref to.Row(probe, t)[n];
                    cell = accumulate ? cell + v : v;
                }
            }
        }
    }

    public override void LayerNorm(Pass pass, Parameter? scale, Parameter? shift, float epsilon, Activations x, Activations y)
    {
        if (scale is not null) Fold(scale, pass.Updates, pass.Step);
        if (shift is not null) Fold(shift, pass.Updates, pass.Step);
        var (from, to) = ((RowActivations)x, (RowActivations)y);
        to.Resize(x.Tokens, pass.Probes.Count);
        for (var probe = 0; probe < pass.Probes.Count; probe++)
        {
            var a = scale is null ? null : ReadView(pass, scale, 0, x.Features, pass.Probes[probe]);
            var b = shift is null ? null : ReadView(pass, shift, 0, x.Features, pass.Probes[probe]);
            for (var t = 0; t < x.Tokens; t++)
            {
                var row = from.Row(probe, t);
                var sum = new PartialSums();
                for (var i = 0; i < row.Length; i++) sum.Add(i, row[i]);
                var mean = sum.Total() / row.Length;
                var squares = new PartialSums();
                for (var i = 0; i < row.Length; i++) squares.AddProduct(i, row[i] - mean, row[i] - mean);
                var inverse = 1f / MathF.Sqrt((squares.Total() / row.Length) + epsilon);
                var result = to.Row(probe, t);
                for (var i = 0; i < row.Length; i++)
                {
                    var v = (row[i] - mean) * inverse;
                    if (a is not null) v *= a[i];
                    if (b is not null) v += b[i];
                    result[i] = v;
                }
            }
        }
    }

    public override void Attention(Pass pass, int heads, float scale, Activations q, Activations k, Activations v, Activations y)
    {
        var to = (RowActivations)y;
        to.Resize(q.Tokens, pass.Probes.Count);
        var width = q.Features / heads;
        foreach (var sequence in pass.Sequences)
        {
            for (var i = 0; i < sequence.Length; i++)
            {
                var visible = sequence.PrefixLength + i + 1;
                var tileEnd = (i / CpuArithmetic.QueryTile + 1) * CpuArithmetic.QueryTile;
                var keys = sequence.PrefixLength + Math.Min(sequence.Length, tileEnd);
                for (var probe = 0; probe < pass.Probes.Count; probe++)
                {
                    for (var head = 0; head < heads; head++)
                    {
                        var at = new Range(head * width, (head + 1) * width);
                        var query = ((RowActivations)q).Row(probe, sequence.Start + i)[at].ToArray();
                        for (var d = 0; d < width; d++) query[d] *= scale;
                        var e = new float[keys];
                        for (var key = 0; key < visible; key++)
                            e[key] = Dot(((RowActivations)k).Row(probe, Token(sequence, key))[at], query, CpuArithmetic.DepthChunk);
                        var inverse = 1f / Exponentials(e.AsSpan(0, visible));
                        var column = new float[keys];
                        for (var d = 0; d < width; d++)
                        {
                            for (var key = 0; key < keys; key++) column[key] = ((RowActivations)v).Row(probe, Token(sequence, key))[at][d];
                            to.Row(probe, sequence.Start + i)[at][d] = Dot(column, e, CpuArithmetic.KeyChunk) * inverse;
                        }
                    }
                }
            }
        }
    }

    public override void Gather(Pass pass, Activations x, ReadOnlySpan<int> rows, Activations y)
    {
        ((RowActivations)y).Resize(rows.Length, pass.Probes.Count);
        for (var probe = 0; probe < pass.Probes.Count; probe++)
        {
            for (var i = 0; i < rows.Length; i++) ((RowActivations)x).Row(probe, rows[i]).CopyTo(((RowActivations)y).Row(probe, i));
        }
    }

    public override void Scatter(Pass pass, Activations x, ReadOnlySpan<int> rows, Activations y, int tokens)
    {
        ((RowActivations)y).Resize(tokens, pass.Probes.Count);
        for (var probe = 0; probe < pass.Probes.Count; probe++)
        {
            for (var i = 0; i < rows.Length; i++) ((RowActivations)x).Row(probe, i).CopyTo(((RowActivations)y).Row(probe, rows[i]));
        }
    }

    public override void LogProbabilities(Pass pass, Parameter head, Activations x, ReadOnlySpan<TokenTarget> targets, Span<double> result)
    {
        using var logits = new RowActivations(head.Rows);
        Linear(pass, head, null, x, logits, Activation.None, accumulate: false);
        const int chunk = CpuArithmetic.VocabularyChunk;
        for (var probe = 0; probe < pass.Probes.Count; probe++)
        {
            for (var i = 0; i < targets.Length; i++)
            {
                var row = logits.Row(probe, targets[i].Row);
                var maxima = new float[(row.Length + chunk - 1) / chunk];
                var sums = new float[maxima.Length];
                for (var c = 0; c < maxima.Length; c++)
                {
                    var part = row[(c * chunk)..Math.Min(row.Length, (c + 1) * chunk)].ToArray();
                    maxima[c] = Max(part);
                    sums[c] = Exponentials(part);
                }

                var top = Max(maxima);
                var total = new PartialSums();
                for (var c = 0; c < maxima.Length; c++) total.AddProduct(c, sums[c], ScalarMath.Exp(maxima[c] - top));
                result[(probe * targets.Length) + i] = row[targets[i].Target] - (top + ExactMath.Log(total.Total()));
            }
        }
    }

    public override void Read(Activations x, int probe, Span<float> destination)
    {
        for (var t = 0; t < x.Tokens; t++) ((RowActivations)x).Row(probe, t).CopyTo(destination[(t * x.Features)..]);
    }

    public override void Fold(Parameter parameter, UpdateHistory updates, int step)
    {
        var pending = updates.Between(parameter.FoldedTo, step);
        if (parameter.Trainable && pending.Length > 0)
            FoldReference.Apply(Memory(parameter.Storage), parameter.Type, (uint)parameter.Ordinal, parameter.Role.Decays(), 0, checked((int)parameter.Length), pending);
        parameter.FoldedTo = step;
    }

    public override UInt128 Digest(Parameter parameter) =>
        WeightsDigest.Sum(new ReadOnlySpan<byte>(Memory(parameter.Storage), checked((int)(parameter.Length * parameter.Type.Size()))), 0, (uint)parameter.Ordinal);

    public override void Dispose()
    {
    }

    private static byte* Memory(DeviceMemory memory) => ((ReferenceMemory)memory).Pointer;

    private static int Token(in TokenSequence sequence, int key) =>
        key < sequence.PrefixLength ? sequence.PrefixStart + key : sequence.KeyStart + key - sequence.PrefixLength;

    /// <summary>A range as a probe sees it at the pass's step, on a copy: stored weights stay as they are.</summary>
    private static float[] ReadView(Pass pass, Parameter parameter, long start, int count, Probe probe)
    {
        var size = parameter.Type.Size();
        var copy = new byte[count * size];
        new ReadOnlySpan<byte>(Memory(parameter.Storage) + (start * size), copy.Length).CopyTo(copy);
        var values = new float[count];
        fixed (byte* bytes = copy)
        {
            var theta = bytes - (start * size);
            var pending = pass.Updates.Between(parameter.FoldedTo, pass.Step);
            if (parameter.Trainable && pending.Length > 0)
                FoldReference.Apply(theta, parameter.Type, (uint)parameter.Ordinal, parameter.Role.Decays(), start, count, pending);
            for (var i = 0; i < count; i++)
            {
                var x = WeightFormat.Read(theta, parameter.Type, start + i);
                if (probe.Perturbed && parameter.Trainable)
                    x = MathF.FusedMultiplyAdd(probe.Scale, Gaussian.At(probe.Seed, (uint)parameter.Ordinal, start + i), x);
                values[i] = x;
            }
        }

        return values;
    }

    /// <summary>Chains of fused multiply-adds over chunks of k, each from zero; the chunks are added up in order.</summary>
    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int chunk)
    {
        var total = 0f;
        for (var start = 0; start < a.Length; start += chunk)
        {
            var sum = 0f;
            for (var i = start; i < Math.Min(a.Length, start + chunk); i++) sum = MathF.FusedMultiplyAdd(a[i], b[i], sum);
            total = start == 0 ? sum : total + sum;
        }

        return total;
    }

    private static float Max(ReadOnlySpan<float> values)
    {
        var max = values[0];
        foreach (var v in values[1..]) max = v > max ? v : max;
        return max;
    }

    /// <summary>Replaces each value by e^(value − max) and returns the sum.</summary>
    private static float Exponentials(Span<float> values)
    {
        var max = Max(values);
        var sum = new PartialSums();
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ScalarMath.Exp(values[i] - max);
            sum.Add(i, values[i]);
        }

        return sum.Total();
    }
}
