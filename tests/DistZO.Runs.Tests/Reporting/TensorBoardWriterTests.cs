using System.Buffers.Binary;
using System.Text;

namespace DistZO.Runs.Tests.Reporting;

/// <summary>Reads event files back with a reader of its own: framing, checksums and protocol buffers, from their specifications.</summary>
public sealed class TensorBoardWriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("distzo-tensorboard-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void TensorBoardWriter_Run_WritesEventsThatReadBack()
    {
        using (var writer = new TensorBoardWriter(Path.Combine(_folder, "runs"), loggingSteps: 2, new FixedTime()))
        {
            writer.Started(new RunSummary { Run = "r", Model = "m", Parameters = 1, Rows = 1, BatchSize = 1, MaxSteps = 5, CommittedSteps = 3, Ledger = "run.zol" });
            writer.Step(new StepMetrics { Step = 4, MaxSteps = 5, Loss = 1.5, LearningRate = 0.25 });
            writer.Evaluated(new EvaluationMetrics(300, [new("accuracy", 0.75)], IsBest: true));
            writer.Step(new StepMetrics { Step = 5, MaxSteps = 5, Loss = double.NaN, Skipped = true, LearningRate = 0 });
        }

        var file = Assert.Single(Directory.GetFiles(Path.Combine(_folder, "runs")));
        Assert.StartsWith("events.out.tfevents.1700000000.", Path.GetFileName(file), StringComparison.Ordinal);
        Assert.Equal(
            [
                "step 0 version brain.Event:2",
                "step 4 session 1",
                "step 4 train/loss=1.5 train/learning_rate=0.25",
                "step 300 eval/accuracy=0.75",
                "step 5 train/learning_rate=0",
            ],
            Records(File.ReadAllBytes(file)).Select(Describe));
    }

    [Fact]
    public void Crc32C_OfTheCheckString_IsTheKnownAnswer() => Assert.Equal(0xE3069283u, Crc32C("123456789"u8));

    private static IEnumerable<byte[]> Records(byte[] file)
    {
        for (var at = 0; at < file.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            Assert.Equal(Masked(Crc32C(file.AsSpan(at, 8))), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            var payload = file[(at + 12)..(at + 12 + length)];
            Assert.Equal(Masked(Crc32C(payload)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)));
            yield return payload;
            at += 12 + length + 4;
        }
    }

    private static string Describe(byte[] record)
    {
        var text = new StringBuilder();
        foreach (var (field, value) in Fields(record))
        {
            switch (field)
            {
                case 1:
                    Assert.Equal(1_700_000_000.25, BitConverter.Int64BitsToDouble(BinaryPrimitives.ReadInt64LittleEndian(value)));
                    break;
                case 2:
                    text.Append("step ").Append(BinaryPrimitives.ReadInt64LittleEndian(value));
                    break;
                case 3:
                    text.Append(" version ").Append(Encoding.UTF8.GetString(value));
                    break;
                case 5:
                    foreach (var (_, scalar) in Fields(value))
                    {
                        var parts = Fields(scalar).ToDictionary(part => part.Field, part => part.Value);
                        text.Append(' ').Append(Encoding.UTF8.GetString(parts[1])).Append('=').Append(BinaryPrimitives.ReadSingleLittleEndian(parts[2]));
                    }

                    break;
                case 7:
                    text.Append(" session ").Append(BinaryPrimitives.ReadInt64LittleEndian(Assert.Single(Fields(value)).Value));
                    break;
                default:
                    Assert.Fail($"field {field}");
                    break;
            }
        }

        return text.ToString();
    }

    private static List<(int Field, byte[] Value)> Fields(byte[] message)
    {
        var fields = new List<(int, byte[])>();
        var at = 0;
        while (at < message.Length)
        {
            var key = Varint(message, ref at);
            byte[] value;
            switch (key & 7)
            {
                case 0:
                    value = BitConverter.GetBytes(Varint(message, ref at));
                    break;
                case 1:
                    value = message[at..(at += 8)];
                    break;
                case 5:
                    value = message[at..(at += 4)];
                    break;
                default:
                    Assert.Equal(2, key & 7);
                    var length = (int)Varint(message, ref at);
                    value = message[at..(at += length)];
                    break;
            }

            fields.Add(((int)(key >> 3), value));
        }

        return fields;
    }

    private static long Varint(byte[] message, ref int at)
    {
        long value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[at++];
            value |= (long)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
    }

    /// <summary>Bit by bit, from the polynomial 0x1EDC6F41 (reflected).</summary>
    private static uint Crc32C(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
        }

        return ~crc;
    }

    private static uint Masked(uint crc) => ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_250);
    }
}
