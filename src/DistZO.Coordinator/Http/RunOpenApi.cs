using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace DistZO.Coordinator;

/// <summary>What the OpenAPI document says beyond what the framework finds out by itself.</summary>
internal static class RunOpenApi
{
    private const string Bearer = "bearer";

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "DistZO coordinator";
            document.Info.Description = "One run of zeroth-order fine-tuning: what it does, who does it, and how to pause or stop it.";
            // The document is asked for where the run is; a list of servers would only repeat the address.
            document.Servers?.Clear();
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = Bearer,
                Description = "The coordinator's shared token. Only asked for if it was started with one.",
            };
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            // Our converters write numbers, or null for what is not finite; the framework cannot see into them.
            var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
            if (type != typeof(double) && type != typeof(float)) return Task.CompletedTask;
            schema.Type = JsonSchemaType.Number | JsonSchemaType.Null;
            schema.Format = type == typeof(double) ? "double" : "float";
            return Task.CompletedTask;
        });
    }

    /// <summary>Documents query parameters as the numbers that they are.</summary>
    public static RouteHandlerBuilder WithNumbers(this RouteHandlerBuilder endpoint, params QueryNumber[] numbers) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
            {
                if (Array.Find(numbers, n => n.Name == parameter.Name) is not { } number) continue;
                parameter.Description = number.Help;
                parameter.Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Integer,
                    Format = "int64",
                    Default = number.Default,
                    Minimum = number.Smallest.ToString(CultureInfo.InvariantCulture),
                    Maximum = number.Largest == long.MaxValue ? null : number.Largest.ToString(CultureInfo.InvariantCulture),
                };
            }

            return Task.CompletedTask;
        }).ProducesProblem(400);

    /// <summary>Documents a query parameter that is true unless it says otherwise.</summary>
    public static RouteHandlerBuilder WithFlag(this RouteHandlerBuilder endpoint, string name, string help) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>().Where(p => p.Name == name) ?? [])
            {
                parameter.Description = help;
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Boolean, Default = true };
            }

            return Task.CompletedTask;
        });

    /// <summary>Documents that a call needs the token.</summary>
    public static RouteHandlerBuilder WithToken(this RouteHandlerBuilder endpoint) =>
        endpoint.AddOpenApiOperationTransformer((operation, context, _) =>
        {
            operation.Security = [new() { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [] }];
            return Task.CompletedTask;
        }).ProducesProblem(401).ProducesProblem(403);
}
