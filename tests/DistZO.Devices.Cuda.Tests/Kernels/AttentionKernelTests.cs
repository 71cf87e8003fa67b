namespace DistZO.Devices.Cuda.Tests.Kernels;

/// <summary>Both forms of attention, over shapes, windows and prefixes, held against the scalar specification.</summary>
[Collection(EmulatorCollection.Name)]
public sealed class AttentionKernelTests(EmulatorFixture emulator)
{
    private static readonly TokenSequence[] Packed =
    [
        new(0, 19, 0, 0), new(19, 1, 0, 0), new(20, 5, 0, 19), new(25, 37, 0, 0), new(62, 70, 25, 37), new(132, 3, 25, 20),
    ];

    /// <summary>Sequences whose keys lie elsewhere than their queries: in a cache.</summary>
    private static readonly TokenSequence[] Cached = [new(0, 1, 10, 30) { KeyStart = 100 }, new(1, 18, 40, 40) { KeyStart = 101 }];

    /// <summary>float32 sums and exponentials in another order; values are of size 1.</summary>
    private const float Float32Tolerance = 2e-5f;

    public static TheoryData<int, int, int, int, bool, bool> Shapes() => new()
    {
        { 2, 2, 64, AttentionShape.NoWindow, true, false },
        { 4, 2, 32, 7, true, false },
        { 3, 1, 16, 33, true, false },
        { 1, 1, 128, AttentionShape.NoWindow, true, false },
        { 2, 2, 80, 20, true, true },
        { 2, 1, 48, AttentionShape.NoWindow, false, false },
    };

    [SkippableTheory]
    [MemberData(nameof(Shapes))]
    [InlineData(2, 1, 5, 9, true, false)]
    [InlineData(1, 1, 1, 3, true, false)]
    [InlineData(1, 1, 256, 40, true, false)]
    public void Attention_IsNearTheSpecification(int heads, int keyValueHeads, int width, int window, bool causal, bool cached)
    {
        foreach (var type in Enum.GetValues<WeightType>()) Compare("attention", 16, type, type, new AttentionShape(heads, keyValueHeads, width, 0.3f, window, causal), cached, Float32Tolerance);
    }

    /// <summary>Weights are rounded to the format before they meet the values: 2⁻⁹ of them for bfloat16, 2⁻¹² for float16.</summary>
    [SkippableTheory]
    [MemberData(nameof(Shapes))]
    [InlineData(2, 1, 112, 65, true, false)]
    public void AttentionOnMatrixUnits_IsNearTheSpecification(int heads, int keyValueHeads, int width, int window, bool causal, bool cached)
    {
        var shape = new AttentionShape(heads, keyValueHeads, width, 0.3f, window, causal);
        Compare(AttentionKernel.Tensor(WeightType.Float16, width).Name, 64, WeightType.Float16, WeightType.Float32, shape, cached, 1e-3f);
        Compare(AttentionKernel.Tensor(WeightType.BFloat16, width).Name, 64, WeightType.BFloat16, WeightType.Float32, shape, cached, 8e-3f);
    }

    [SkippableTheory]
    [InlineData("attention", 16)]
    [InlineData("attention_mma_f16_64", 64)]
    public void Attention_IntoItsQueries_IsTheSame(string kernel, int tile)
    {
        using var gpu = new Gpu(emulator, Programs);
        var shape = new AttentionShape(2, 2, 32, 0.3f);
        var input = Input.Create(shape, Packed, WeightType.Float16, packed: false);
        var apart = Run(gpu, kernel, tile, input, WeightType.Float16, inPlace: false);
        Assert.Equal(Tables.Bits(apart), Tables.Bits(Run(gpu, kernel, tile, input, WeightType.Float16, inPlace: true)));
    }

    [SkippableFact]
    public void AttentionOnMatrixUnits_AtAddressesThatAreNotAligned_IsTheSame()
    {
        using var gpu = new Gpu(emulator, Programs);
        var input = Input.Create(new AttentionShape(2, 2, 32, 0.3f), Packed, WeightType.Float16, packed: false);
        var expected = Run(gpu, "attention_mma_f16_64", 64, input, WeightType.Float32, inPlace: false);
        Assert.Equal(Tables.Bits(expected), Tables.Bits(Run(gpu, "attention_mma_f16_64", 64, input, WeightType.Float32, inPlace: false, shift: 1)));
    }

    [SkippableTheory]
    [InlineData("attention", 16)]
    [InlineData("attention_mma_f16_64", 64)]
    public void ValueThatIsNotFinite_ShowsWhereItIsSeen(string kernel, int tile)
    {
        using var gpu = new Gpu(emulator, Programs);
        var input = Input.Create(new AttentionShape(1, 1, 16, 0.3f), [new TokenSequence(0, 100, 0, 0)], WeightType.Float16, packed: false);
        const int bad = 70;
        input.Values.AsSpan(input.ValueAt(0, bad, 0), 16).Fill(float.NaN);
        var y = Run(gpu, kernel, tile, input, WeightType.Float32, inPlace: false);
        for (var token = bad; token < 100; token++) Assert.True(float.IsNaN(y[token * 16]));
        for (var token = 0; token < 64; token++) Assert.False(float.IsNaN(y[token * 16]));
    }

    private static string[] Programs => ["attention", "attention_mma"];

    private void Compare(string kernel, int tile, WeightType type, WeightType result, AttentionShape shape, bool cached, float tolerance)
    {
        using var gpu = new Gpu(emulator, Programs);
        foreach (var packed in (bool[])[true, false])
        {
            if (packed && cached) continue;
            var input = Input.Create(shape, cached ? Cached : Packed, type, packed);
            var rounding = result switch { WeightType.Float32 => 0, WeightType.BFloat16 => 4e-3f, _ => 5e-4f };
            Tables.AssertNear(input.Expected(), Run(gpu, kernel, tile, input, result, inPlace: false), tolerance + rounding);
        }
    }

    private static float[] Run(Gpu gpu, string kernel, int tile, Input input, WeightType result, bool inPlace, int shift = 0)
    {
        var (shape, sequences) = (input.Shape, input.Sequences);
        var table = sequences.SelectMany(s => new[] { s.Start, s.Length, s.PrefixStart, s.PrefixLength, s.KeyStart }).ToArray();
        List<int> tiles = [];
        for (var s = 0; s < sequences.Length; s++)
        {
            for (var first = 0; first < sequences[s].Length; first += tile) tiles.AddRange([s, first]);
        }

        ulong Place(float[] values)
        {
            var bytes = Tables.Rounded(values, input.Type).Bytes;
            // The conversion of weights knows no NaN.
            for (var i = 0; i < values.Length; i++)
            {
                if (float.IsNaN(values[i])) bytes.AsSpan(i * input.Type.Size(), input.Type.Size()).Fill(0x7F);
            }

            return gpu.Upload<byte>([.. new byte[shift * input.Type.Size()], .. bytes]) + (ulong)(shift * input.Type.Size());
        }

        var (q, k, v) = (Place(input.Queries), Place(input.Keys), Place(input.Values));
        var count = Input.Probes * input.Tokens * shape.Heads * shape.Width;
        var y = inPlace ? q : gpu.Allocate(count * result.Size());
        gpu.Launch(
            kernel, (tiles.Count / 2, shape.Heads, Input.Probes), 128, q, input.Type, input.QueryFeatures, input.QueryFirst, k, input.Type, input.KeyFeatures, input.KeyFirst, v, input.Type,
            input.KeyFeatures, input.ValueFirst, y, result, input.Tokens, input.KeyRows, shape.Heads, shape.KeyValueHeads, shape.Width, shape.Scale, shape.Window, shape.Causal, gpu.Upload<int>(table),
            gpu.Upload<int>([.. tiles]));
        return Tables.Read(gpu, y, result, count);
    }

    /// <summary>Queries, keys and values, already rounded to their format: in three buffers, or keys and values in one after other features.</summary>
    private sealed record Input(AttentionShape Shape, TokenSequence[] Sequences, WeightType Type, int Tokens, int KeyRows, bool Packed)
    {
        public const int Probes = 2;

        public float[] Queries { get; private init; } = [];

        public float[] Keys { get; private init; } = [];

        public float[] Values { get; private init; } = [];

        public int QueryFeatures => (Packed ? 16 : 0) + (Shape.Heads * Shape.Width);

        public int QueryFirst => Packed ? 8 : 0;

        public int KeyFeatures => (Packed ? 24 : 0) + (Shape.KeyValueHeads * Shape.Width);

        public int KeyFirst => Packed ? 16 : 0;

        public int ValueFirst => Packed ? 8 : 0;

        public static Input Create(AttentionShape shape, TokenSequence[] sequences, WeightType type, bool packed)
        {
            var input = new Input(
                shape, sequences, type, sequences[^1].Start + sequences[^1].Length, sequences.Max(s => Math.Max(s.KeyStart + s.Length, s.PrefixStart + s.PrefixLength)), packed);
            return input with
            {
                Queries = Tables.Rounded(Tables.Values(Probes * input.Tokens * input.QueryFeatures, 1), type).Values,
                Keys = Tables.Rounded(Tables.Values(Probes * input.KeyRows * input.KeyFeatures, 2), type).Values,
                Values = Tables.Rounded(Tables.Values(Probes * input.KeyRows * input.KeyFeatures, 3), type).Values,
            };
        }

        /// <summary>Where the features of a head of a value lie.</summary>
        public int ValueAt(int probe, int row, int head) => (((probe * KeyRows) + row) * KeyFeatures) + ValueFirst + (head * Shape.Width);

        public float[] Expected()
        {
            using var q = Buffer(QueryFeatures, Tokens, Queries);
            using var k = Buffer(KeyFeatures, KeyRows, Keys);
            using var v = Buffer(KeyFeatures, KeyRows, Values);
            using var y = new RowActivations(Shape.Heads * Shape.Width);
            y.Resize(Tokens, Probes);
            for (var probe = 0; probe < Probes; probe++)
            {
                foreach (var sequence in Sequences)
                {
                    for (var head = 0; head < Shape.Heads; head++)
                        ReferenceAttention.Head(sequence, probe, head, Shape, new FeatureSlice(q, QueryFirst), new FeatureSlice(k, KeyFirst), new FeatureSlice(v, ValueFirst), y);
                }
            }

            return [.. Enumerable.Range(0, Probes * Tokens).SelectMany(row => y.Row(row / Tokens, row % Tokens).ToArray())];
        }

        private static RowActivations Buffer(int features, int tokens, float[] values)
        {
            var buffer = new RowActivations(features);
            buffer.Resize(tokens, Probes);
            for (var row = 0; row < Probes * tokens; row++) values.AsSpan(row * features, features).CopyTo(buffer.Row(row / tokens, row % tokens));
            return buffer;
        }
    }
}
