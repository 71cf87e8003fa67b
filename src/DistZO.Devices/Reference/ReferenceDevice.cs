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

    public override DeviceStream CreateStream(StreamOptions options) => new HostStream(options, Access);

    public override void Await(DeviceEvent happened) => happened.Synchronize();

    public override DeviceEvent Record() => HostEvent.Done;

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

    public override void Linear(
        Pass pass, Parameter weight, Parameter? bias, Activations x, Activations y, Activation activation, Merge merge, bool inputsFirst = false)
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
                var w = inputsFirst
                    ? ReadColumn(pass, weight, n, pass.Probes[probe])
                    : ReadView(pass, weight, (long)n * x.Features, x.Features, pass.Probes[probe]);
                for (var t = 0; t < x.Tokens; t++)
                {
                    var v = ReferenceSums.Dot(w, from.Row(probe, t), CpuArithmetic.DepthChunk);
                    if (b is not null) v += b[n];
                    Put(ref to.Row(probe, t)[n], v, activation, merge);
                }
            }
        }
    }

    public override void Combine(Pass pass, float scale, Activations x, Activations y, Activation activation, Merge merge)
    {
        var (from, to) = ((RowActivations)x, (RowActivations)y);
        to.Resize(x.Tokens, pass.Probes.Count);
        for (var probe = 0; probe < pass.Probes.Count; probe++)
        {
            for (var t = 0; t < x.Tokens; t++)
            {
                for (var n = 0; n < x.Features; n++) Put(ref to.Row(probe, t)[n], from.Row(probe, t)[n] * scale, activation, merge);
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
            for (var t = 0; t < x.Tokens; t++) ReferenceNorms.LayerNorm(from.Row(probe, t), a, b, epsilon, to.Row(probe, t));
        }
    }

    public override void RmsNorm(Pass pass, Parameter scale, float epsilon, Activations x, Activations y)
    {
        Fold(scale, pass.Updates, pass.Step);
        var (from, to) = ((RowActivations)x, (RowActivations)y);
        to.Resize(x.Tokens, pass.Probes.Count);
        var width = checked((int)scale.Length);
        for (var probe = 0; probe < pass.Probes.Count; probe++)
        {
            var a = ReadView(pass, scale, 0, width, pass.Probes[probe]);
            for (var t = 0; t < x.Tokens; t++)
            {
                for (var at = 0; at < x.Features; at += width)
                    ReferenceNorms.RmsNorm(from.Row(probe, t).Slice(at, width), a, epsilon, to.Row(probe, t).Slice(at, width));
            }
        }
    }

    public override void Rotate(Pass pass, Activations angles, Activations x)
    {
        var half = angles.Features / 2;
        for (var probe = 0; probe < pass.Probes.Count; probe++)
        {
            for (var t = 0; t < x.Tokens; t++)
            {
                var angle = ((RowActivations)angles).Row(probe, t);
                for (var head = 0; head < x.Features; head += 2 * half)
                {
                    var row = ((RowActivations)x).Row(probe, t).Slice(head, 2 * half);
                    for (var i = 0; i < half; i++)
                    {
                        var (a, b, cos, sin) = (row[i], row[i + half], angle[i], angle[i + half]);
                        row[i] = MathF.FusedMultiplyAdd(a, cos, -(b * sin));
                        row[i + half] = MathF.FusedMultiplyAdd(b, cos, a * sin);
                    }
                }
            }
        }
    }

    public override void Attention(Pass pass, in AttentionShape shape, FeatureSlice q, FeatureSlice k, FeatureSlice v, Activations y)
    {
        ((RowActivations)y).Resize(q.Buffer.Tokens, pass.Probes.Count);
        foreach (var sequence in pass.Sequences)
        {
            for (var probe = 0; probe < pass.Probes.Count; probe++)
            {
                for (var head = 0; head < shape.Heads; head++) ReferenceAttention.Head(sequence, probe, head, shape, q, k, v, (RowActivations)y);
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

    public override void Scatter(Pass pass, FeatureSlice x, ReadOnlySpan<int> rows, Activations y, int tokens)
    {
        ((RowActivations)y).Resize(tokens, pass.Probes.Count);
        for (var probe = 0; probe < pass.Probes.Count; probe++)
        {
            for (var i = 0; i < rows.Length; i++) ((RowActivations)x.Buffer).Row(probe, i).Slice(x.First, y.Features).CopyTo(((RowActivations)y).Row(probe, rows[i]));
        }
    }

    public override void Spread(Pass pass, Activations x, Activations y)
    {
        ((RowActivations)y).Resize(x.Tokens, pass.Probes.Count);
        for (var probe = 0; probe < pass.Probes.Count; probe++)
        {
            for (var t = 0; t < x.Tokens; t++) ((RowActivations)x).Row(0, t).CopyTo(((RowActivations)y).Row(probe, t));
        }
    }

    public override void LogProbabilities(
        Pass pass, Parameter head, Parameter? bias, Activations x, ReadOnlySpan<TokenTarget> targets, Span<double> result)
    {
        using var logits = new RowActivations(head.Rows);
        Linear(pass, head, bias, x, logits, Activation.None, Merge.Replace);
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
                    maxima[c] = ReferenceSums.Max(part);
                    sums[c] = ReferenceSums.Exponentials(part);
                }

                var top = ReferenceSums.Max(maxima);
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

    private static void Put(ref float cell, float v, Activation activation, Merge merge)
    {
        v = activation switch
        {
            Activation.Relu => v < 0 ? 0f : v,
            Activation.Silu => ScalarMath.Silu(v),
            Activation.GeluTanh => ScalarMath.GeluTanh(v),
            Activation.Gelu => ScalarMath.Gelu(v),
            _ => v,
        };
        cell = merge switch
        {
            Merge.Add => cell + v,
            Merge.Multiply => cell * v,
            _ => v,
        };
    }

    private static HostMemoryAccess Access { get; } = new(memory => (nint)Memory(memory), new ReferenceWeightKernels(), Threads: 1);

    private static byte* Memory(DeviceMemory memory) => ((ReferenceMemory)memory).Pointer;

    /// <summary>Column n of a matrix as a probe sees it.</summary>
    private static float[] ReadColumn(Pass pass, Parameter matrix, int n, Probe probe) =>
        [.. Enumerable.Range(0, matrix.Rows).Select(k => ReadView(pass, matrix, ((long)k * matrix.Columns) + n, 1, probe)[0])];

    /// <summary>A range as a probe sees it at the pass's step, on a copy: stored weights stay as they are.</summary>
    private static float[] ReadView(Pass pass, Parameter parameter, long start, int count, Probe probe)
    {
        var values = ReadWeights(pass, parameter, start, count);
        if (!probe.Perturbed || !parameter.Trainable) return values;
        for (var i = 0; i < count; i++) values[i] = MathF.FusedMultiplyAdd(probe.Scale, Gaussian.At(probe.Seed, (uint)parameter.Ordinal, start + i), values[i]);
        return values;
    }

    /// <summary>A range of the weights at the pass's step, rounded if it rounds.</summary>
    private static float[] ReadWeights(Pass pass, Parameter parameter, long start, int count)
    {
        if (parameter.IsPacked)
        {
            var packed = (nint)Memory(parameter.Storage);
            return [.. Enumerable.Range(0, count).Select(i => PackedTensor.Read((void*)packed, parameter.Transfer!.Value, parameter.Length, start + i))];
        }

        // A group is rounded as a whole.
        var type = pass.IsRounded ? parameter.Transfer : null;
        var first = type is null ? start : start / TransferRounding.Group * TransferRounding.Group;
        var end = type is null ? start + count : Math.Min(parameter.Length, (start + count + TransferRounding.Group - 1) / TransferRounding.Group * TransferRounding.Group);
        var size = parameter.Type.Size();
        var copy = new byte[(end - first) * size];
        new ReadOnlySpan<byte>(Memory(parameter.Storage) + (first * size), copy.Length).CopyTo(copy);
        var values = new float[end - first];
        fixed (byte* bytes = copy)
        {
            var theta = bytes - (first * size);
            var pending = pass.Updates.Between(parameter.FoldedTo, pass.Step);
            if (parameter.Trainable && pending.Length > 0)
                FoldReference.Apply(theta, parameter.Type, (uint)parameter.Ordinal, parameter.Role.Decays(), first, values.Length, pending);
            for (var i = 0; i < values.Length; i++) values[i] = WeightFormat.Read(theta, parameter.Type, first + i);
        }

        if (type is { } rounded) TransferRounding.Round(values, rounded);
        return values[(int)(start - first)..(int)(start - first + count)];
    }
}
