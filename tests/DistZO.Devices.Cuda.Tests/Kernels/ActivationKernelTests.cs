namespace DistZO.Devices.Cuda.Tests.Kernels;

/// <summary>Kernels over activations, held against the scalar specification of cpu-v1.</summary>
[Collection(EmulatorCollection.Name)]
public sealed class ActivationKernelTests(EmulatorFixture emulator)
{
    /// <summary>
    /// A float32 sum of n terms in another order differs by about √n · 6e-8 of their size; a 16-bit store rounds to 4e-3 (bfloat16) or 5e-4
    /// (float16) of the value.
    /// </summary>
    private static float Tolerance(WeightType type) => type switch { WeightType.Float32 => 4e-6f, WeightType.BFloat16 => 8e-3f, _ => 1e-3f };

    public static TheoryData<WeightType, WeightType, int> Norms()
    {
        var data = new TheoryData<WeightType, WeightType, int>();
        foreach (var type in Enum.GetValues<WeightType>())
        {
            foreach (var features in (int[])[1, 5, 64, 1024, 1027]) data.Add(type, WeightType.Float32, features);
            data.Add(WeightType.Float32, type, 768);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Norms))]
    public void LayerNorm_IsNearTheSpecification(WeightType type, WeightType result, int features)
    {
        using var gpu = new Gpu(emulator, "norms");
        const int tokens = 3, probes = 2;
        var (bytes, x) = Tables.Rounded(Tables.Values(features * tokens * probes, 1, 3), type);
        var (scale, shift) = (Tables.Values(features * probes, 2), Tables.Values(features * probes, 3));
        foreach (var (hasScale, hasShift) in ((bool, bool)[])[(true, true), (true, false), (false, false)])
        {
            var expected = new float[x.Length];
            for (var row = 0; row < tokens * probes; row++)
            {
                var own = row / tokens * features;
                ReferenceNorms.LayerNorm(
                    x.AsSpan(row * features, features), hasScale ? scale[own..(own + features)] : null, hasShift ? shift[own..(own + features)] : null, 1e-5f, expected.AsSpan(row * features, features));
            }

            var from = gpu.Upload<byte>(bytes);
            var to = type == result ? from : gpu.Allocate(x.Length * result.Size());
            gpu.Launch(
                "layer_norm", (tokens, probes, 1), Gpu.Threads, from, type, to, result, hasScale ? gpu.Upload<float>(scale) : 0UL, hasShift ? gpu.Upload<float>(shift) : 0UL, features, tokens, probes, 1e-5f);
            Tables.AssertNear(expected, Tables.Read(gpu, to, result, x.Length), Tolerance(result));
        }
    }

    [SkippableTheory]
    [InlineData(WeightType.Float32, 96, 96)]
    [InlineData(WeightType.Float32, 1027, 1027)]
    [InlineData(WeightType.Float32, 96, 32)]
    [InlineData(WeightType.BFloat16, 96, 8)]
    [InlineData(WeightType.Float16, 21, 7)]
    public void RmsNorm_IsNearTheSpecification(WeightType type, int features, int width)
    {
        using var gpu = new Gpu(emulator, "norms");
        const int tokens = 3, probes = 2;
        var (bytes, x) = Tables.Rounded(Tables.Values(features * tokens * probes, 1, 3), type);
        var scale = Tables.Values(width * probes, 2);
        var expected = new float[x.Length];
        for (var at = 0; at < x.Length; at += width)
        {
            var probe = at / (features * tokens);
            ReferenceNorms.RmsNorm(x.AsSpan(at, width), scale[(probe * width)..((probe + 1) * width)], 1e-6f, expected.AsSpan(at, width));
        }

        var memory = gpu.Upload<byte>(bytes);
        gpu.Launch("rms_norm", (tokens * features / width, probes, 1), Gpu.Threads, memory, type, memory, type, gpu.Upload<float>(scale), width, features, tokens, probes, 1e-6f);
        Tables.AssertNear(expected, Tables.Read(gpu, memory, type, x.Length), Tolerance(type));
    }

    [SkippableTheory]
    [InlineData(WeightType.Float32, 4)]
    [InlineData(WeightType.BFloat16, 32)]
    [InlineData(WeightType.Float16, 3)]
    public void Rotate_HasTheBitsOfTheSpecification(WeightType type, int half)
    {
        using var gpu = new Gpu(emulator, "rows");
        const int tokens = 5, probes = 2, heads = 3;
        var features = heads * 2 * half;
        var (bytes, x) = Tables.Rounded(Tables.Values(features * tokens * probes, 1), type);
        var angles = Tables.Values(2 * half * tokens * probes, 2);
        for (var row = 0; row < tokens * probes; row++)
        {
            for (var pair = 0; pair < heads * half; pair++)
            {
                var (at, i) = ((row * features) + (pair / half * 2 * half) + (pair % half), (row * 2 * half) + (pair % half));
                var (a, b, cosine, sine) = (x[at], x[at + half], angles[i], angles[i + half]);
                x[at] = MathF.FusedMultiplyAdd(a, cosine, -(b * sine));
                x[at + half] = MathF.FusedMultiplyAdd(b, cosine, a * sine);
            }
        }

        var memory = gpu.Upload<byte>(bytes);
        gpu.Launch("rotate", (1, 1, 1), Gpu.Threads, memory, type, gpu.Upload<float>(angles), half, features, tokens, probes);
        Assert.Equal(Tables.Bits(Tables.Rounded(x, type).Values), Tables.Bits(Tables.Read(gpu, memory, type, x.Length)));
    }

    public static TheoryData<WeightType, WeightType, Activation, Merge, int, bool> Ends()
    {
        var data = new TheoryData<WeightType, WeightType, Activation, Merge, int, bool>();
        foreach (var activation in Enum.GetValues<Activation>())
        {
            foreach (var merge in Enum.GetValues<Merge>()) data.Add(WeightType.Float32, WeightType.Float32, activation, merge, 10, true);
        }

        foreach (var type in Enum.GetValues<WeightType>())
        {
            data.Add(type, WeightType.Float32, Activation.None, Merge.Replace, 1, true);
            data.Add(WeightType.Float32, type, Activation.Silu, Merge.Multiply, 3, true);
            data.Add(type, type, Activation.Relu, Merge.Add, 64, false);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Ends))]
    public void Finish_HasTheBitsOfTheSpecification(WeightType type, WeightType result, Activation activation, Merge merge, int features, bool hasBias)
    {
        using var gpu = new Gpu(emulator, "finish");
        const int tokens = 3, probes = 3;
        const float scale = 0.75f;
        var (bytes, v) = Tables.Rounded(Tables.Values(features * tokens * probes, 1, 4), type);
        var (oldBytes, old) = Tables.Rounded(Tables.Values(v.Length, 2), result);
        var bias = Tables.Values(features * probes, 3);
        var expected = new float[v.Length];
        for (var i = 0; i < v.Length; i++)
        {
            var x = v[i] * scale;
            if (hasBias) x += bias[(i / (features * tokens) * features) + (i % features)];
            x = activation switch
            {
                Activation.Relu => x < 0 ? 0f : x,
                Activation.Silu => ScalarMath.Silu(x),
                Activation.GeluTanh => ScalarMath.GeluTanh(x),
                Activation.Gelu => ScalarMath.Gelu(x),
                _ => x,
            };
            expected[i] = merge switch { Merge.Add => old[i] + x, Merge.Multiply => old[i] * x, _ => x };
        }

        var to = gpu.Upload<byte>(oldBytes);
        gpu.Launch(
            "finish", (1, 1, 1), Gpu.Threads, gpu.Upload<byte>(bytes), type, scale, hasBias ? gpu.Upload<float>(bias) : 0UL, to, result, (int)activation, (int)merge, features, tokens, probes);
        Assert.Equal(Tables.Bits(Tables.Rounded(expected, result).Values), Tables.Bits(Tables.Read(gpu, to, result, v.Length)));
    }

    [SkippableTheory]
    [InlineData(WeightType.BFloat16, 0x7F80, 0x7FC0)]
    [InlineData(WeightType.Float16, 0x7C00, 0x7FFF)]
    public void Finish_KeepsWhatIsNotFinite(WeightType type, int infinity, int nan)
    {
        using var gpu = new Gpu(emulator, "finish");
        float[] x = [float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.NaN, -0f, float.Epsilon];
        var to = gpu.Allocate(x.Length * 2);
        gpu.Launch("finish", (1, 1, 1), Gpu.Threads, gpu.Upload<float>(x), WeightType.Float32, 1f, 0UL, to, type, 0, 0, x.Length, 1, 1);
        var found = gpu.Download<ushort>(to, x.Length);
        // A NaN's sign may go.
        found[3] &= 0x7FFF;
        Assert.Equal([(ushort)infinity, (ushort)(infinity | 0x8000), (ushort)infinity, (ushort)nan, 0x8000, 0], found);
    }

    [SkippableTheory]
    [InlineData(WeightType.Float32, WeightType.Float32, 8, 0)]
    [InlineData(WeightType.Float32, WeightType.Float16, 5, 3)]
    [InlineData(WeightType.BFloat16, WeightType.BFloat16, 8, 4)]
    [InlineData(WeightType.Float16, WeightType.Float32, 7, 1)]
    public void CopyRows_GathersScattersAndSpreads(WeightType type, WeightType result, int features, int first)
    {
        using var gpu = new Gpu(emulator, "rows");
        const int tokens = 6, probes = 2;
        var wide = features + first + 2;
        var (bytes, x) = Tables.Rounded(Tables.Values(wide * tokens * probes, 1), type);
        foreach (var (spread, xRows, yRows) in ((bool, int[]?, int[]?)[])[(false, [4, 1, 1], null), (false, null, [5, 0, 3]), (true, [2, 0, 3], [1, 2, 0])])
        {
            const int rows = 3;
            var (oldBytes, expected) = Tables.Rounded(Tables.Values(features * tokens * probes, 2), result);
            for (var p = 0; p < probes; p++)
            {
                for (var i = 0; i < rows; i++)
                {
                    var (from, to) = ((spread ? 0 : p * tokens) + (xRows?[i] ?? i), (p * tokens) + (yRows?[i] ?? i));
                    x.AsSpan((from * wide) + first, features).CopyTo(expected.AsSpan(to * features));
                }
            }

            var memory = gpu.Upload<byte>(oldBytes);
            gpu.Launch(
                "copy_rows", (1, 1, 1), Gpu.Threads, gpu.Upload<byte>(bytes), type, wide, first, spread ? 0 : tokens, xRows is null ? 0UL : gpu.Upload<int>(xRows), memory, result, features, tokens,
                yRows is null ? 0UL : gpu.Upload<int>(yRows), features, rows, probes);
            Assert.Equal(Tables.Bits(Tables.Rounded(expected, result).Values), Tables.Bits(Tables.Read(gpu, memory, result, expected.Length)));
        }
    }
}
