using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace DistZO.Devices.Cuda.Tests;

/// <summary>
/// Runs the tests of this project where there is no SDK, on a machine with a GPU (<c>make gpu-bundle</c>): one after the other, as xunit would.
/// Ends with one line: N passed, N failed, N skipped.
/// </summary>
internal static class Program
{
    private static readonly EmulatorFixture Fixture = new();
    private static int _passed;
    private static int _failed;
    private static int _skipped;

    public static int Main()
    {
        foreach (var type in typeof(Program).Assembly.GetTypes().Where(type => type is { IsPublic: true, IsAbstract: false }))
        {
            foreach (var method in type.GetMethods().Where(method => method.GetCustomAttribute<FactAttribute>() is not null))
            {
                foreach (var arguments in Arguments(method)) Run(type, method, arguments);
            }
        }

        Console.WriteLine($"{_passed} passed, {_failed} failed, {_skipped} skipped");
        return _failed == 0 && _passed > 0 ? 0 : 1;
    }

    private static IEnumerable<object?[]> Arguments(MethodInfo method) =>
        method.GetCustomAttribute<TheoryAttribute>() is null
            ? [[]]
            : method.GetCustomAttributes<DataAttribute>().SelectMany(data => data.GetData(method));

    private static void Run(Type type, MethodInfo method, object?[] arguments)
    {
        var name = $"{type.Name}.{method.Name}({string.Join(", ", arguments)})";
        try
        {
            var constructor = type.GetConstructors().Single();
            var subject = constructor.Invoke([.. constructor.GetParameters().Select(parameter => parameter.ParameterType == typeof(ITestOutputHelper) ? new Output() : (object)Fixture)]);
            try
            {
                method.Invoke(subject, Padded(method, arguments));
            }
            finally
            {
                (subject as IDisposable)?.Dispose();
            }

            _passed++;
        }
        catch (TargetInvocationException e) when (e.InnerException is Xunit.SkipException skip)
        {
            _skipped++;
            Console.WriteLine($"skipped {name}: {skip.Message}");
        }
        catch (TargetInvocationException e)
        {
            _failed++;
            Console.WriteLine($"FAILED {name}: {e.InnerException}");
        }
    }

    /// <summary>Parameters that a row of data leaves out have their defaults; a last one of <c>params</c> takes the rest.</summary>
    private static object?[] Padded(MethodInfo method, object?[] arguments)
    {
        var parameters = method.GetParameters();
        if (parameters.Length > 0 && parameters[^1].GetCustomAttribute<ParamArrayAttribute>() is not null && !(arguments.Length == parameters.Length && arguments[^1] is Array or null))
        {
            var rest = arguments[(parameters.Length - 1)..];
            var array = Array.CreateInstance(parameters[^1].ParameterType.GetElementType()!, rest.Length);
            rest.CopyTo(array, 0);
            return [.. arguments[..(parameters.Length - 1)], array];
        }

        return [.. arguments, .. parameters.Skip(arguments.Length).Select(parameter => parameter.DefaultValue)];
    }

    /// <summary>Where tests say what they found.</summary>
    private sealed class Output : ITestOutputHelper
    {
        public void WriteLine(string message) => Console.WriteLine(message);

        public void WriteLine(string format, params object[] args) => Console.WriteLine(format, args);
    }
}
