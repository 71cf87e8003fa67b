using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using DistZO.Rpc.Framing;
using Grpc.Core;

namespace DistZO.Rpc.Tests;

/// <summary>The coding of messages, without a network.</summary>
public class FramingTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain text!", "plain text!")]
    [InlineData("100%", "100%25")]
    [InlineData("ä\n😀", "%C3%A4%0A%F0%9F%98%80")]
    public void StatusMessage_RoundTrip_IsTheSame(string message, string encoded)
    {
        Assert.Equal(encoded, StatusMessage.Encode(message));
        Assert.Equal(message, StatusMessage.Decode(encoded));
    }

    [Theory]
    [InlineData("50% off", "50% off")]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%4x%41", "%4xA")]
    [InlineData("%c3%a4", "ä")]
    [InlineData("%FF", "\uFFFD")]
    public void StatusMessage_DamagedOrLowerCase_IsReadAsFarAsItGoes(string encoded, string message) =>
        Assert.Equal(message, StatusMessage.Decode(encoded));

    [Fact]
    public async Task MessageReader_EveryCutOfThreeMessages_ReadsThree()
    {
        byte[] bytes = [0, 0, 0, 0, 2, (byte)'h', (byte)'i', 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, (byte)'!'];
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            var pipe = new Pipe();
            var reader = new MessageReader<string>(pipe.Reader, Marshallers.StringMarshaller, null);
            await pipe.Writer.WriteAsync(bytes.AsMemory(0, cut));
            var first = reader.ReadAsync(CancellationToken.None).AsTask();
            await pipe.Writer.WriteAsync(bytes.AsMemory(cut));
            await pipe.Writer.CompleteAsync();
            Assert.Equal("hi", await first);
            Assert.Equal("", await reader.ReadAsync(CancellationToken.None));
            Assert.Equal("!", await reader.ReadAsync(CancellationToken.None));
            Assert.Null(await reader.ReadAsync(CancellationToken.None));
        }
    }

    [Fact]
    [Trait("Category", "Fuzz")]
    public async Task MessageReader_DamagedBytes_AreMessagesOrAnRpcException()
    {
        var random = new Random(1);
        byte[] sound = [0, 0, 0, 0, 2, (byte)'h', (byte)'i', 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, (byte)'!'];
        for (int round = 0; round < Fuzz.Rounds; round++)
        {
            var reader = new MessageReader<string>(
                PipeReader.Create(new ReadOnlySequence<byte>(Fuzz.Mutate(random, sound, sound.Length))), Marshallers.StringMarshaller, 100);
            try
            {
                while (await reader.ReadAsync(CancellationToken.None) is not null)
                {
                }
            }
            catch (RpcException problem)
            {
                Assert.True(problem.StatusCode is StatusCode.Internal or StatusCode.ResourceExhausted);
            }
        }
    }

    [Fact]
    public void MessageWriter_MarshallersOfEachKind_WriteTheSame()
    {
        Marshaller<string>[] marshallers =
        [
            Marshallers.StringMarshaller,
            Marshallers.Create<string>((text, context) => context.Complete(Encoding.UTF8.GetBytes(text)), _ => ""),
            Marshallers.Create<string>(
                (text, context) =>
                {
                    context.SetPayloadLength(text.Length);
                    context.GetBufferWriter().Write(Encoding.UTF8.GetBytes(text));
                    context.Complete();
                },
                _ => ""),
            Marshallers.Create<string>(
                (text, context) =>
                {
                    context.GetBufferWriter().Write(Encoding.UTF8.GetBytes(text));
                    context.Complete();
                },
                _ => ""),
        ];
        foreach (var marshaller in marshallers)
        {
            var buffer = new ArrayBufferWriter<byte>();
            new MessageWriter<string>(marshaller, 2).Write("hi", buffer);
            Assert.Equal([0, 0, 0, 0, 2, (byte)'h', (byte)'i'], buffer.WrittenSpan.ToArray());
            var problem = Assert.Throws<RpcException>(() => new MessageWriter<string>(marshaller, 2).Write("hum", buffer));
            Assert.Equal(StatusCode.ResourceExhausted, problem.StatusCode);
        }
    }

    [Fact]
    public void MessageWriter_MarshallerFailsMidway_IsTorn()
    {
        var writer = new MessageWriter<string>(
            Marshallers.Create<string>(
                (_, context) =>
                {
                    context.SetPayloadLength(10);
                    context.GetBufferWriter().Write("x"u8);
                    throw new FormatException();
                },
                _ => ""),
            null);
        Assert.Equal(StatusCode.Internal, Assert.Throws<RpcException>(() => writer.Write("", new ArrayBufferWriter<byte>())).StatusCode);
        Assert.True(writer.IsTorn);
    }

    [Fact]
    public void MessageWriter_MarshallerNeverCompletes_Throws()
    {
        var writer = new MessageWriter<string>(Marshallers.Create<string>((_, _) => { }, _ => ""), null);
        Assert.Equal(StatusCode.Internal, Assert.Throws<RpcException>(() => writer.Write("", new ArrayBufferWriter<byte>())).StatusCode);
    }
}
